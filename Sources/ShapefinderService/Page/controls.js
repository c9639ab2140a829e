// Builds the controls: one field for each of the service's options.

import { h } from "./dom.js";
import { axisKeys } from "./state.js";
import { axisField } from "./axis-field.js";
import { selectField } from "./select-field.js";
import { textField } from "./text-field.js";
import { doublings, multiples, stepField } from "./step-field.js";

const labels = {
  device: "Device", batch: "Batch", imageSize: "Resolution", head: "Head", classes: "Classes", optimizer: "Optimizer",
  precision: "Precision", gradientClipping: "Gradient clipping", rematerialization: "Rematerialization", layers: "Layers",
  dataParallel: "Cores", memoryLimit: "Memory limit", compiler: "Compiler", depth: "Depth", width: "Width", mlpWidth: "MLP-width", heads: "Heads", patch: "Patch",
};
const axisHint = "As on the command line: “8, 16”, “512..2560 by 64”, “4x”; “all” is all that the grid has.";
const ownSetting = "the grid's settings";

export class Controls {
  #fields = new Map();
  #catalog;
  #state;

  constructor(form, catalog, state) {
    this.#catalog = catalog;
    this.#state = state;
    form.addEventListener("submit", (event) => event.preventDefault());
    const options = [...catalog.options.values()];
    const sliders = options.filter(({ key }) => key === "batch" || key === "imageSize").map((option) => this.#slider(option));
    const axes = axisKeys.filter((key) => key === "mlpWidth" || key === "heads");
    const rest = axisKeys.filter((key) => !axes.includes(key));
    const settings = options.filter(({ key }) => key !== "batch" && key !== "imageSize");
    const isSmall = matchMedia("(max-width: 760px)").matches;
    form.append(
      h("div", { class: "group grid" }, this.#grid()),
      h("div", { class: "group sliders" }, ...sliders),
      h("details", { class: "group", open: !isSmall }, h("summary", {}, "Panels"), ...axes.map((key) => this.#axis(key)),
        h("details", { class: "more" }, h("summary", {}, "Depths, widths, patches"), ...rest.map((key) => this.#axis(key)))),
      h("details", { class: "group", open: !isSmall }, h("summary", {}, "Setting"), ...settings.map((option) => this.#option(option))),
      h("button", { type: "button", class: "quiet", "data-testid": "reset-all", onclick: () => this.#resetAll() }, "Everything back to the defaults"));
    this.show();
  }

  #add(field) {
    this.#fields.set(field.key, field);
    return field.node;
  }

  #grid() {
    const { grids, defaultGrid } = this.#catalog, state = this.#state;
    const field = selectField({
      key: "grid", label: "Grid", hint: "A named family of shapes", own: "", state,
      values: [...grids.values()].map(({ name }) => ({ value: name, title: name })),
    });
    const input = field.node.querySelector("select");
    input.options[0].remove();
    // Each grid has its own axes.
    input.addEventListener("change", () => state.set({
      grid: input.value === defaultGrid ? null : input.value, ...Object.fromEntries(axisKeys.map((key) => [key, null])), at: null, setting: null,
    }));
    field.show = () => (input.value = state.get("grid") ?? defaultGrid);
    field.setOwn = (text) => (input.title = text);
    return this.#add(field);
  }

  #slider(option) {
    const isBatch = option.key === "batch";
    const device = () => this.#state.get("device") ?? this.grid.device;
    return this.#add(stepField({
      key: option.key, label: labels[option.key], hint: option.summary, state: this.#state,
      steps: isBatch ? doublings(Math.min(option.most ?? 1024, 1024)) : multiples(32, Math.min(option.most ?? 768, 768)),
      unit: () => (isBatch ? `images ${this.#catalog.perUnit(device())}` : "px"),
    }));
  }

  #axis(key) {
    return this.#add(axisField({
      key, label: labels[key], hint: axisHint, state: this.#state, opening: () => this.#catalog.openingAxes(this.grid),
    }));
  }

  #option(option) {
    const common = { key: option.key, label: labels[option.key] ?? option.key, hint: option.summary, own: ownSetting, state: this.#state };
    return this.#add(option.values ? selectField({ ...common, values: option.values }) : textField({ ...common, isNumber: typeof option.default === "number" }));
  }

  #resetAll() {
    this.#state.set(Object.fromEntries(Object.keys(this.#state.all).map((key) => [key, null])));
  }

  get grid() {
    return this.#catalog.grids.get(this.#state.get("grid") ?? this.#catalog.defaultGrid);
  }

  /** Updates every control from the state. */
  show() {
    const { grid } = this;
    for (const [key, field] of this.#fields) {
      const own = key === "device" ? `the grid's: ${grid.device}` : key === "memoryLimit" || key === "compiler" ? "the device's" : grid.axes[key] ?? ownSetting;
      field.setOwn(key === "grid" ? grid.summary : own);
      field.show();
      field.say(null);
    }
  }

  /** Shows an error at its control; false if there is no such control. */
  say(problem) {
    const field = this.#fields.get(problem.key);
    if (!field) return false;
    field.say(problem.message);
    field.node.closest("details")?.setAttribute("open", "");
    field.node.scrollIntoView({ block: "nearest" });
    return true;
  }
}
