// Draws one panel of the map: cells, axes, overlays and the focused cell.

import { h, s } from "./dom.js";
import { margin } from "./geometry.js";
import { runs } from "./runs.js";
import { paintSVG } from "./paint-svg.js";
import { paintCanvas } from "./paint-canvas.js";
import { axes } from "./axes.js";
import { hatchPattern } from "./hatch.js";
import { Cursors } from "./cursors.js";
import { evidence, over } from "./over.js";

/** Number of panels so far; it makes the name of each hatch unique. */
let made = 0;

export class FitPanel extends HTMLElement {
  #model;
  #panel;
  #sizes;
  #axes = "";
  #hatch = `hatch-${(made += 1)}`;
  #cursors = new Cursors();
  #title = h("h3", { class: "panel-title" });
  #canvas = h("canvas", { "aria-hidden": "true" });
  #ground = s("rect", { class: "ground" });
  #cells = s("g", { class: "cells", "data-testid": "cells", "aria-hidden": "true" });
  #frame = s("g");
  #evidence = s("g", { "aria-hidden": "true" });
  #over = s("g");
  #svg = s("svg", { class: "plot", role: "group" },
    s("defs", {}, hatchPattern(this.#hatch)),
    s("g", { transform: `translate(${margin.left} ${margin.top})` }, this.#ground, this.#cells, this.#frame, this.#evidence, this.#over, s("g", {}, ...this.#cursors.nodes)));

  connectedCallback() {
    if (this.firstChild) return;
    this.append(this.#title, h("div", { class: "plot-box" }, this.#canvas, this.#svg));
    this.addEventListener("keydown", (event) => this.#key(event));
    this.#svg.addEventListener("pointermove", (event) => this.#hover(event));
    this.#svg.addEventListener("click", (event) => this.#click(event));
    this.#svg.addEventListener("pointerleave", () => this.#say("cell-leave", {}));
    this.addEventListener("focusin", () => this.#focused());
    this.addEventListener("focusout", () => this.#say("cell-leave", {}));
  }

  /** Draws a panel of a model; `isDense` puts the cells on the canvas. */
  draw(model, panel, sizes, { isDense, opened }) {
    this.#model = model;
    this.#panel = panel;
    this.#sizes = sizes;
    const title = model.panelTitle(model.panels[panel]);
    this.#title.textContent = title;
    this.#svg.setAttribute("aria-label", `${title}: arrow keys move from cell to cell, Enter opens one`);
    this.#drawAxes();
    this.#drawCells(isDense);
    this.#drawEvidence();
    const place = model.placeOfRow(panel, opened);
    this.#over.replaceChildren(...over(model, panel, sizes, place));
    const held = this.#cursors.hasFocus ? this.#cursors.place : null;
    this.#cursors.put(held ?? place ?? this.#cursors.place ?? this.#firstPlace(), model, panel, sizes.cell);
  }

  /** Redraws only the marks of compiled and measured cells. */
  mark() {
    this.#drawEvidence();
    this.#cursors.name(this.#model, this.#panel);
  }

  #drawEvidence() {
    this.#evidence.replaceChildren(...evidence(this.#model, this.#panel, this.#sizes));
  }

  /** Redraws the axes only if they changed. */
  #drawAxes() {
    const { plot } = this.#sizes, { widths, depths } = this.#model, key = JSON.stringify([this.#sizes, widths, depths]);
    if (key === this.#axes) return;
    this.#axes = key;
    const width = plot.width + margin.left + margin.right;
    this.style.width = `${width}px`;
    this.#svg.setAttribute("width", width);
    this.#svg.setAttribute("height", plot.height + margin.top + margin.bottom);
    this.#ground.setAttribute("width", plot.width);
    this.#ground.setAttribute("height", plot.height);
    this.#frame.replaceChildren(axes(this.#model, this.#sizes));
  }

  #drawCells(isDense) {
    const { cell, plot } = this.#sizes, found = runs(this.#model, this.#panel);
    this.#canvas.hidden = !isDense;
    this.#ground.setAttribute("visibility", isDense ? "hidden" : "visible");
    if (!isDense) {
      paintSVG(this.#cells, found, cell, this.#hatch);
      return;
    }
    this.#cells.replaceChildren();
    Object.assign(this.#canvas.style, { left: `${margin.left}px`, top: `${margin.top}px`, width: `${plot.width}px`, height: `${plot.height}px` });
    paintCanvas(this.#canvas, found, cell, plot);
  }

  /** The initial tab stop: the last mark, if there is one. */
  #firstPlace() {
    const places = this.#model.marks.map((mark) => this.#model.placeOn(this.#panel, mark)).filter(Boolean);
    return places.at(-1) ?? [0, 0];
  }

  focusCell() {
    this.#cursors.focus();
  }

  #focused() {
    if (!this.#cursors.hasFocus) return;
    const { right, bottom } = this.#cursors.box;
    this.#say("cell-focus", { row: this.#cursors.row, x: right, y: bottom });
  }

  #key(event) {
    if (!this.#cursors.hasFocus || event.ctrlKey || event.altKey || event.metaKey) return;
    const isOpening = event.key === "Enter" || event.key === " ";
    if (isOpening) this.#open(this.#cursors.row, true);
    if (isOpening || this.#cursors.move(event.key, this.#model, this.#panel, this.#sizes.cell)) event.preventDefault();
  }

  #hover(event) {
    if (event.pointerType === "touch") return;
    const row = this.#rowUnder(event);
    this.#say(row >= 0 ? "cell-hover" : "cell-leave", { row, x: event.clientX, y: event.clientY });
  }

  #click(event) {
    // A screen reader clicks the focused cell; a mark is larger than its cell.
    if (this.#cursors.nodes.includes(event.target)) this.#open(this.#cursors.row, true);
    else {
      const name = event.target.closest("[data-name]")?.dataset.name, mark = this.#model.marks.find((one) => one.name === name);
      this.#open(mark ? this.#model.at(this.#panel, ...this.#model.placeOn(this.#panel, mark)) : this.#rowUnder(event), false);
    }
  }

  #open(row, byKeyboard) {
    if (row < 0) return;
    this.#cursors.place = this.#model.placeOfRow(this.#panel, row);
    this.#say("cell-open", { row, byKeyboard });
  }

  #rowUnder({ clientX, clientY }) {
    const box = this.#svg.getBoundingClientRect(), { cell } = this.#sizes, model = this.#model;
    const i = Math.floor((clientX - box.left - margin.left) / cell.width), j = Math.floor((clientY - box.top - margin.top) / cell.height);
    return i < 0 || j < 0 || i >= model.widths.length || j >= model.depths.length ? -1 : model.at(this.#panel, i, j);
  }

  #say(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { bubbles: true, detail }));
  }
}

customElements.define("fit-panel", FitPanel);
