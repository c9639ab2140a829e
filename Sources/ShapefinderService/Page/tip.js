// Shows a card beside the hovered or focused cell.

import { h } from "./dom.js";
import { fixed } from "./format.js";

export class Tip {
  #node = h("div", { class: "tip", hidden: true, "aria-hidden": "true", "data-testid": "tip" });
  #row = -1;

  constructor() {
    document.body.append(this.#node);
  }

  get row() {
    return this.#row;
  }

  show(model, { row, x, y }) {
    if (row !== this.#row) {
      this.#row = row;
      const cell = model.cell(row), { shape } = cell, name = model.catalog.shapes.text(shape);
      const evidence = ["estimated", cell.isCompiled && "compiled", cell.isMeasured && "measured"].filter(Boolean).join(", ");
      this.#node.replaceChildren(
        h("strong", {}, model.catalog.shapes.byName.has(name) ? `${name} ` : "", h("span", {}, `${shape.width} × ${shape.depth}`)),
        h("div", { class: "tip-detail" }, `MLP ${shape.mlpWidth}, ${shape.heads} heads, patch ${shape.patch}`),
        h("div", {}, model.verdictText(cell)),
        h("div", { class: "tip-bytes" }),
        cell.imagesPerSecond === null ? "" : h("div", {}, `${fixed(cell.imagesPerSecond, 1)} ${model.speedUnit}`),
        h("div", { class: "tip-detail" }, evidence));
      this.#node.querySelector(".tip-bytes").hidden = true;
    }
    this.#node.hidden = false;
    const box = this.#node.getBoundingClientRect();
    const left = x + 16 + box.width > innerWidth ? x - box.width - 12 : x + 16;
    const top = y + 12 + box.height > innerHeight ? y - box.height - 12 : y + 12;
    Object.assign(this.#node.style, { left: `${Math.max(4, left)}px`, top: `${Math.max(4, top)}px` });
  }

  /** Adds the bytes, which arrive later. */
  addBytes(row, text) {
    if (row !== this.#row) return;
    const line = this.#node.querySelector(".tip-bytes");
    line.textContent = text;
    line.hidden = false;
  }

  hide() {
    this.#row = -1;
    this.#node.hidden = true;
  }
}
