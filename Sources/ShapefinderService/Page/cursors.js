// Tracks the focused cell with two alternating rectangles, so that each move changes the focus.

import { s } from "./dom.js";
import { fixed } from "./format.js";

const leaps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1], PageUp: [0, -10], PageDown: [0, 10] };
/** Least side of a rectangle, in pixels. */
const least = 9;

/** A cell's `aria-label`. */
function label(model, row, i, j) {
  if (row < 0) return `width ${model.widths[i]}, depth ${model.depths[j]}: not on the grid`;
  const cell = model.cell(row), name = model.catalog.shapes.text(cell.shape);
  const known = model.catalog.shapes.byName.has(name) ? `${name}, ` : "";
  const speed = cell.imagesPerSecond === null ? "" : `, ${fixed(cell.imagesPerSecond, 1)} ${model.speedUnit}`;
  const compiled = cell.isCompiled ? ", compiled" : "", measured = cell.isMeasured ? ", measured" : "";
  return `${known}width ${cell.shape.width}, depth ${cell.shape.depth}: ${model.verdictText(cell)}${speed}${compiled}${measured}`;
}

export class Cursors {
  nodes = [0, 1].map(() => s("rect", { class: "cursor", role: "button", tabindex: "-1", "data-testid": "cursor" }));
  /** Indices of the cell's width and depth; null at first. */
  place = null;
  #current = this.nodes[0];

  get row() {
    return Number(this.#current.dataset.row);
  }

  get hasFocus() {
    return this.nodes.includes(document.activeElement);
  }

  get box() {
    return this.#current.getBoundingClientRect();
  }

  /** Makes a cell the panel's only tab stop. */
  put(place, model, panel, cell, node = this.#current) {
    const i = Math.max(0, Math.min(model.widths.length - 1, place[0])), j = Math.max(0, Math.min(model.depths.length - 1, place[1]));
    const grow = Math.max(0, (least - Math.min(cell.width, cell.height)) / 2), row = model.at(panel, i, j);
    this.place = [i, j];
    this.#current = node;
    for (const other of this.nodes) {
      other.setAttribute("tabindex", other === node ? "0" : "-1");
      other.setAttribute("aria-hidden", String(other !== node));
    }
    const attributes = {
      x: i * cell.width - grow, y: j * cell.height - grow, width: cell.width + 2 * grow, height: cell.height + 2 * grow,
      "aria-label": label(model, row, i, j),
    };
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    Object.assign(node.dataset, { width: model.widths[i], depth: model.depths[j], row });
  }

  /** Updates the label of the cell. */
  name(model, panel) {
    const [i, j] = this.place, text = label(model, model.at(panel, i, j), i, j);
    if (this.#current.getAttribute("aria-label") !== text) this.#current.setAttribute("aria-label", text);
  }

  /** Handles a key; false if it is not a movement key. */
  move(key, model, panel, cell) {
    const [i, j] = this.place, leap = leaps[key];
    const place = leap ? [i + leap[0], j + leap[1]] : key === "Home" ? [0, j] : key === "End" ? [model.widths.length - 1, j] : null;
    if (!place) return false;
    this.put(place, model, panel, cell, this.nodes.find((node) => node !== this.#current));
    this.focus();
    return true;
  }

  focus() {
    this.#current.focus({ preventScroll: true });
  }
}
