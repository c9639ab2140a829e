// What the store holds of a device from compilers or from real steps, read page by page, and read on as more arrives.

import { ask } from "./api.js";

const pageSize = 1000;
/** Rows of a kind; a store may have more than a page should hold. */
export const mostRows = 10_000;
/** Rows that are read again with those that are new. */
const mostAgain = 50;

export class StoredRows {
  /** Whether the store has more than is held. */
  isCut = false;
  rows = [];
  #parameters;
  /** Where the last page begins, and how many rows of it are held. */
  #place = null;
  #count = 0;

  constructor(device, evidence) {
    this.#parameters = { device, evidence };
  }

  #page(limit, signal) {
    return ask("results", { ...this.#parameters, limit, after: this.#place }, { signal }).then(({ body }) => body);
  }

  /** Reads what is new: the last page once more, and those behind it. Whether there is anything new. */
  async read(signal) {
    if (this.isCut) return false;
    if (this.#count > mostAgain) await this.#shorten(signal);
    for (let isNew = false; ; ) {
      const { results, next } = await this.#page(pageSize, signal), kept = this.rows.slice(0, this.rows.length - this.#count);
      if (results.length !== this.#count || JSON.stringify(results.at(-1)) !== JSON.stringify(this.rows.at(-1))) isNew = true;
      this.rows = [...kept, ...results];
      this.#count = results.length;
      this.isCut = next !== null && this.rows.length >= mostRows;
      if (next === null || this.isCut) return isNew;
      this.#place = next;
      this.#count = 0;
    }
  }

  /** Has the last page begin at its last row. */
  async #shorten(signal) {
    const { next } = await this.#page(this.#count - 1, signal);
    if (next === null) return;
    this.#place = next;
    this.#count = 1;
  }
}
