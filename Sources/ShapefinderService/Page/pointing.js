// Shows the tip of the hovered or focused cell; its bytes arrive a moment later.

import { ask, Latest } from "./api.js";
import { Tip } from "./tip.js";
import { ratio } from "./format.js";
import { cellQuestion } from "./question.js";

export class Pointing {
  #tip = new Tip();
  #latest = new Latest();
  #catalog;

  constructor(map, catalog) {
    this.#catalog = catalog;
    for (const type of ["cell-hover", "cell-focus"]) map.addEventListener(type, ({ detail }) => this.#point(map.model, detail));
    map.addEventListener("cell-leave", () => this.hide());
    addEventListener("scroll", () => this.hide(), { passive: true, capture: true });
  }

  get isShown() {
    return this.#tip.row >= 0;
  }

  hide() {
    this.#latest.stop();
    this.#tip.hide();
  }

  async #point(model, detail) {
    const { row } = detail;
    if (!model || row < 0) return;
    const isNew = row !== this.#tip.row;
    this.#tip.show(model, detail);
    if (!isNew) return;
    const cell = model.cell(row), signal = this.#latest.next();
    try {
      const { body } = await ask("check", cellQuestion(cell, model.settings[model.settingOf(cell)], this.#catalog), { signal });
      this.#tip.addBytes(row, ratio(body.memory.total, body.memory.limit));
    } catch {
      // The tip keeps what the map knows.
    }
  }
}
