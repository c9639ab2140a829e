// What the store holds of a device from compilers and from real steps, read page by page and read on as more arrives.

import { address, ask } from "./api.js";

const pageSize = 1000;
/** Rows of a kind; a store may have more than a page should hold. */
const most = 10_000;

export class StoredRows {
  /** Whether the store has more than is held. */
  isCut = false;
  rows = [];
  #parameters;
  #last = null;
  #lastCount = 0;

  constructor(device, evidence) {
    this.#parameters = { device, evidence, limit: pageSize };
  }

  /** Reads what is new: the last page once more, and those behind it. Whether there is anything new. */
  async read(signal) {
    let isNew = false;
    for (;;) {
      const { body } = await ask("results", { ...this.#parameters, after: this.#last }, { signal });
      const kept = this.rows.length - this.#lastCount;
      if (body.results.length !== this.#lastCount || JSON.stringify(body.results.at(-1)) !== JSON.stringify(this.rows.at(-1))) isNew = true;
      this.rows = [...this.rows.slice(0, kept), ...body.results];
      this.#lastCount = body.results.length;
      this.isCut = body.next !== null && this.rows.length >= most;
      if (body.next === null || this.isCut) return isNew;
      this.#last = body.next;
      this.#lastCount = 0;
    }
  }

  get url() {
    return address("results", this.#parameters);
  }
}
