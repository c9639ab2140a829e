// Shows the map: panels side by side, redrawn in place.

import { layout } from "./geometry.js";
import "./fit-panel.js";

/** Maps with more cells are painted on canvases. */
const mostInSVG = 8000;

export class FitMap extends HTMLElement {
  #model = null;
  #opened = -1;
  #room = 0;

  connectedCallback() {
    this.dataset.testid = "map";
    new ResizeObserver(() => {
      if (this.#model && Math.abs(this.clientWidth - this.#room) > 1) this.#draw();
    }).observe(this);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#model && this.#draw());
  }

  get model() {
    return this.#model;
  }

  show(model, opened) {
    this.#model = model;
    this.#opened = opened;
    this.#draw();
  }

  /** Redraws only the marks of compiled and measured cells. */
  mark() {
    for (const panel of this.children) panel.mark();
  }

  open(row) {
    if (row === this.#opened) return;
    this.#opened = row;
    if (this.#model) this.#draw();
  }

  #draw() {
    const model = this.#model;
    this.#room = this.clientWidth;
    if (!model.count) {
      this.replaceChildren();
      this.dataset.drawn = String(Number(this.dataset.drawn ?? 0) + 1);
      return;
    }
    const isPhone = this.#room < 560;
    const sizes = layout({
      panels: model.panels.length, widths: model.widths.length, depths: model.depths.length,
      room: this.#room, height: isPhone ? 400 : Math.max(380, Math.min(640, window.innerHeight - 330)),
    });
    this.style.setProperty("--across", sizes.across);
    const isDense = model.count > mostInSVG;
    this.dataset.painter = isDense ? "canvas" : "svg";
    while (this.children.length > model.panels.length) this.lastChild.remove();
    while (this.children.length < model.panels.length) this.append(document.createElement("fit-panel"));
    model.panels.forEach((_, index) => this.children[index].draw(model, index, sizes, { isDense, opened: this.#opened }));
    this.dataset.drawn = String(Number(this.dataset.drawn ?? 0) + 1);
  }

  /** Returns the focus to the panel of a row. */
  focusRow(row) {
    this.children[Math.max(0, row >= 0 && this.#model ? this.#model.columns.panel[row] : 0)]?.focusCell();
  }
}

customElements.define("fit-map", FitMap);
