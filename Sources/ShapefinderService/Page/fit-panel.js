// One panel of the map: cells, axes, marks, and a cursor that the keyboard moves.

import { h, s } from "./dom.js";
import { margin } from "./geometry.js";
import { runs } from "./runs.js";
import { paintSVG } from "./paint-svg.js";
import { paintCanvas } from "./paint-canvas.js";
import { axes } from "./axes.js";
import { hatchPattern } from "./hatch.js";

const leaps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1], PageUp: [0, -10], PageDown: [0, 10] };

/** How many panels were made: each has a hatch of its own name. */
let panels = 0;

export class FitPanel extends HTMLElement {
  #model;
  #panel;
  #sizes;
  #place = null;
  #hatch;
  #cursors = [];
  #canvas = h("canvas", { "aria-hidden": "true" });
  #title = h("h3", { class: "panel-title" });
  #cells = s("g", { class: "cells", "data-testid": "cells", "aria-hidden": "true" });
  #frame = s("g");
  #ground = s("rect", { class: "ground" });
  #over = s("g", { class: "over" });
  #svg = s("svg", { class: "plot", role: "group" });
  #origin = s("g", { transform: `translate(${margin.left} ${margin.top - 14})` });

  constructor() {
    super();
    panels += 1;
    this.#hatch = `hatch-${panels}`;
    this.#svg.append(s("defs", {}, hatchPattern(this.#hatch)), this.#origin);
    this.#origin.append(this.#ground, this.#cells, this.#frame, this.#over);
    this.#cursors = [0, 1].map(() => s("rect", { class: "cursor", role: "button", tabindex: "-1", "data-testid": "cursor" }));
    this.addEventListener("keydown", (event) => this.#key(event));
    this.#svg.addEventListener("pointermove", (event) => this.#hover(event));
    this.#svg.addEventListener("pointerleave", () => this.#say("cell-leave", {}));
    this.#svg.addEventListener("click", (event) => this.#click(event));
    this.addEventListener("focusin", (event) => {
      if (this.#cursors.includes(event.target)) this.#say("cell-focus", this.#box());
    });
    this.addEventListener("focusout", () => this.#say("cell-leave", {}));
  }

  connectedCallback() {
    if (!this.firstChild) this.append(this.#title, h("div", { class: "plot-box" }, this.#canvas, this.#svg));
  }

  /** Draws a panel of a model; `isDense` puts the cells on the canvas. */
  draw(model, panel, sizes, { isDense, opened }) {
    const isSame = this.#sizes && JSON.stringify(this.#sizes) === JSON.stringify(sizes) && this.#model
      && String(this.#model.widths) === String(model.widths) && String(this.#model.depths) === String(model.depths);
    this.#model = model;
    this.#panel = panel;
    this.#sizes = sizes;
    const { cell, plot } = sizes, title = model.panelTitle(model.panels[panel]);
    this.#title.textContent = title;
    this.#svg.setAttribute("aria-label", `${title}: arrow keys move from cell to cell, Enter opens one`);
    if (!isSame) {
      this.style.width = `${plot.width + margin.left + margin.right}px`;
      this.#svg.setAttribute("width", plot.width + margin.left + margin.right);
      this.#svg.setAttribute("height", plot.height + margin.top - 14 + margin.bottom);
      this.#frame.replaceChildren(axes(model, sizes));
      this.#ground.setAttribute("width", plot.width);
      this.#ground.setAttribute("height", plot.height);
    }
    const found = runs(model, panel);
    this.#canvas.hidden = !isDense;
    this.#ground.setAttribute("visibility", isDense ? "hidden" : "visible");
    if (isDense) {
      this.#cells.replaceChildren();
      Object.assign(this.#canvas.style, {
        left: `${margin.left}px`, top: `${margin.top - 14}px`, width: `${plot.width}px`, height: `${plot.height}px`,
      });
      paintCanvas(this.#canvas, found, cell, plot);
    } else {
      paintSVG(this.#cells, found, cell, this.#hatch);
    }
    this.#drawOver(opened);
  }

  /** Evidence, marks, the opened cell and the cursor. */
  #drawOver(opened) {
    const model = this.#model, nodes = [];
    for (let i = 0; i < model.widths.length; i += 1) {
      for (let j = 0; (model.hasCompiled || model.hasMeasured) && j < model.depths.length; j += 1) {
        const row = model.at(this.#panel, i, j);
        if (row < 0) continue;
        const [x, y] = this.#centre(i, j);
        if (model.columns.compiled[row]) nodes.push(s("circle", { class: "halo", cx: x, cy: y, r: 3 }), s("circle", { class: "compiled", cx: x, cy: y, r: 3 }));
        if (model.columns.disturbed[row] || model.columns.measured?.[row]) nodes.push(s("circle", { class: "measured", cx: x, cy: y, r: 1.8 }));
      }
    }
    for (const mark of model.marks) {
      const place = this.#placeOf(mark);
      if (!place) continue;
      const [x, y] = this.#centre(...place);
      const isLeft = x > this.#sizes.plot.width - 24;
      nodes.push(s("g", { class: "mark", "data-testid": `mark-${mark.name}` },
        s("circle", { cx: x, cy: y, r: 3.5 }),
        s("text", { x: x + (isLeft ? -9 : 9), y: y + 5, "text-anchor": isLeft ? "end" : "start" }, mark.label),
        s("title", {}, mark.name)));
    }
    const place = opened >= 0 && model.columns.panel[opened] === this.#panel
      ? [model.widths.indexOf(model.columns.width[opened]), model.depths.indexOf(model.columns.depth[opened])] : null;
    if (place) {
      const { cell } = this.#sizes, [x, y] = this.#centre(...place);
      const width = Math.max(13, cell.width), height = Math.max(13, cell.height);
      nodes.push(s("rect", { class: "opened", x: x - width / 2, y: y - height / 2, width, height, rx: 2 }));
    }
    const held = this.#cursors.find((cursor) => cursor === document.activeElement);
    if (!held) this.#over.replaceChildren(...nodes, ...this.#cursors);
    else {
      for (const node of [...this.#over.children]) if (!this.#cursors.includes(node)) node.remove();
      this.#over.prepend(...nodes);
    }
    const start = place ?? this.#place ?? this.#placeOfFirstMark() ?? [0, 0];
    this.#put(held ?? this.#cursors[0], held ? this.#place ?? start : start);
  }

  #placeOf(shape) {
    const row = this.#model.find(shape);
    if (row < 0) return null;
    const place = [this.#model.widths.indexOf(shape.width), this.#model.depths.indexOf(shape.depth)];
    const here = this.#model.at(this.#panel, ...place);
    const { columns, panels } = this.#model;
    return here >= 0 && columns.mlpWidth[here] === shape.mlpWidth && columns.heads[here] === shape.heads
      && panels[this.#panel].patch === shape.patch ? place : null;
  }

  #placeOfFirstMark() {
    for (const mark of [...this.#model.marks].reverse()) {
      const place = this.#placeOf(mark);
      if (place) return place;
    }
    return null;
  }

  #centre(i, j) {
    const { cell } = this.#sizes;
    return [i * cell.width + cell.width / 2, j * cell.height + cell.height / 2];
  }

  /** Puts a cursor on a cell and makes it the panel's one tab stop. */
  #put(cursor, [i, j]) {
    const { cell } = this.#sizes, model = this.#model;
    i = Math.max(0, Math.min(model.widths.length - 1, i));
    j = Math.max(0, Math.min(model.depths.length - 1, j));
    this.#place = [i, j];
    const grow = Math.max(0, (9 - Math.min(cell.width, cell.height)) / 2);
    const row = model.at(this.#panel, i, j);
    for (const other of this.#cursors) other.setAttribute("tabindex", other === cursor ? "0" : "-1");
    for (const other of this.#cursors) other.setAttribute("aria-hidden", String(other !== cursor));
    const sizes = { x: i * cell.width - grow, y: j * cell.height - grow, width: cell.width + 2 * grow, height: cell.height + 2 * grow };
    for (const [name, value] of Object.entries(sizes)) cursor.setAttribute(name, value);
    cursor.setAttribute("aria-label", this.label(row, i, j));
    cursor.dataset.width = model.widths[i];
    cursor.dataset.depth = model.depths[j];
    cursor.dataset.row = row;
  }

  label(row, i, j) {
    const model = this.#model;
    if (row < 0) return `width ${model.widths[i]}, depth ${model.depths[j]}: not on the grid`;
    const cell = model.cell(row), name = model.catalog.shapes.text(cell.shape);
    const known = model.catalog.shapes.byName.has(name) ? `${name}, ` : "";
    const speed = cell.imagesPerSecond === null ? "" : `, ${cell.imagesPerSecond.toFixed(1)} ${model.speedUnit}`;
    const compiled = cell.compiled ? ", a compiler was asked" : "";
    return `${known}width ${cell.shape.width}, depth ${cell.shape.depth}: ${model.verdictText(cell)}${speed}${compiled}`;
  }

  #key(event) {
    const cursor = this.#cursors.find((one) => one === event.target);
    if (!cursor || event.ctrlKey || event.altKey || event.metaKey) return;
    const model = this.#model, [i, j] = this.#place;
    let place = null;
    if (leaps[event.key]) place = [i + leaps[event.key][0], j + leaps[event.key][1]];
    else if (event.key === "Home") place = [0, j];
    else if (event.key === "End") place = [model.widths.length - 1, j];
    else if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      if (Number(cursor.dataset.row) >= 0) this.#say("cell-open", { row: Number(cursor.dataset.row), byKeyboard: true });
      return;
    }
    if (!place) return;
    event.preventDefault();
    const next = this.#cursors.find((one) => one !== cursor);
    this.#put(next, place);
    next.focus({ preventScroll: true });
  }

  /** The cell under a pointer: its place and its row. */
  #under(event) {
    const box = this.#svg.getBoundingClientRect(), { cell } = this.#sizes, model = this.#model;
    const i = Math.floor((event.clientX - box.left - margin.left) / cell.width);
    const j = Math.floor((event.clientY - box.top - (margin.top - 14)) / cell.height);
    if (i < 0 || j < 0 || i >= model.widths.length || j >= model.depths.length) return null;
    return { i, j, row: model.at(this.#panel, i, j), x: event.clientX, y: event.clientY };
  }

  #hover(event) {
    if (event.pointerType === "touch") return;
    const cell = this.#under(event);
    this.#say(cell && cell.row >= 0 ? "cell-hover" : "cell-leave", cell ?? {});
  }

  #click(event) {
    const cursor = this.#cursors.find((one) => one === event.target);
    if (cursor) {
      if (Number(cursor.dataset.row) >= 0) this.#say("cell-open", { row: Number(cursor.dataset.row), byKeyboard: true });
      return;
    }
    const cell = this.#markUnder(event) ?? this.#under(event);
    if (!cell || cell.row < 0) return;
    this.#place = [cell.i, cell.j];
    this.#say("cell-open", { row: cell.row, byKeyboard: false });
  }

  /** A mark is larger than its cell. */
  #markUnder(event) {
    const group = event.target.closest?.(".mark");
    if (!group) return null;
    const mark = this.#model.marks.find((one) => group.dataset.testid === `mark-${one.name}`);
    const place = mark && this.#placeOf(mark);
    return place && { i: place[0], j: place[1], row: this.#model.at(this.#panel, ...place) };
  }

  #box() {
    const cursor = this.#cursors.find((one) => one === document.activeElement) ?? this.#cursors[0];
    const box = cursor.getBoundingClientRect();
    return { row: Number(cursor.dataset.row), x: box.right, y: box.bottom };
  }

  focusCell() {
    this.#cursors.find((cursor) => cursor.getAttribute("tabindex") === "0")?.focus({ preventScroll: true });
  }

  #say(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { bubbles: true, detail }));
  }
}

customElements.define("fit-panel", FitPanel);
