// Reads a device's compiled or measured results from the store page by page, later only the new ones.

import { ask } from "./api.js";

const pageSize = 1000;
/** Most rows of a kind that are read; a store may have more. */
export const mostRows = 10_000;
/** Most known rows that are read again with new ones. */
const mostAgain = 50;

export class StoredRows {
  /** Whether the store has more rows. */
  isCut = false;
  rows = [];
  #parameters;
  /** The start of the last page, and its number of rows. */
  #place = null;
  #count = 0;

  constructor(device, evidence) {
    this.#parameters = { device, evidence };
  }

  #page(limit, signal) {
    return ask("results", { ...this.#parameters, limit, after: this.#place }, { signal }).then(({ body }) => body);
  }

  /** Reads the last page again and all pages after it; returns whether there are new rows. */
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

  /** Makes the last page start at its last row. */
  async #shorten(signal) {
    const { next } = await this.#page(this.#count - 1, signal);
    if (next === null) return;
    this.#place = next;
    this.#count = 1;
  }
}
