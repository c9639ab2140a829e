// Tracks the open shape and the setting of the map in which it is shown.

import { cellQuestion, placeOutside, shapeQuestion } from "./question.js";
import { shapeKeys } from "./shape.js";

export class Opened {
  #state;
  #catalog;
  /** The setting that applied advice leads to, until its map arrives. */
  #wanted = null;

  constructor(state, catalog) {
    this.#state = state;
    this.#catalog = catalog;
  }

  get #shape() {
    const open = this.#state.get("open");
    return open && this.#catalog.shapes.find(open);
  }

  /** The shape's row on a map; -1 if there is none. */
  row(model) {
    const shape = this.#shape;
    return shape ? model.find(shape, model.hasSeveralPlaces ? this.#state.get("at") : null) : -1;
  }

  /** The chosen setting, else that of the cell, else the last. */
  #setting(model) {
    const chosen = this.#state.get("setting"), row = this.row(model);
    return chosen !== null ? Number(chosen) : row >= 0 ? model.settingOf(model.cell(row)) : model.settings.length - 1;
  }

  /** What the breakdown shows; null if no shape is open. */
  question(model) {
    const shape = this.#shape, open = this.#state.get("open");
    if (!shape) return null;
    const row = this.row(model), setting = this.#setting(model), chosen = model.settings[setting];
    const { shapes } = this.#catalog;
    return {
      name: shapes.byName.has(open) ? open : `${shape.width}x${shape.depth}x${shape.mlpWidth} h${shape.heads} /${shape.patch}`,
      shape, settings: model.settings, setting,
      parameters: row >= 0 ? cellQuestion(model.cell(row), chosen, this.#catalog)
        : shapeQuestion(shape, chosen, placeOutside(model, this.#state, this.#catalog), this.#catalog),
    };
  }

  open(shape, at = null) {
    this.#state.set({ open: this.#catalog.shapes.text(shape), at, setting: null });
  }

  openRow(model, row) {
    const { shape, panel } = model.cell(row);
    this.open(shape, model.hasSeveralPlaces ? model.placeText(panel) : null);
  }

  close() {
    this.#state.set({ open: null, at: null, setting: null });
  }

  /** Applies advice: settings go to the controls, shape numbers to the open shape. */
  apply(model, set) {
    const entries = Object.entries(set);
    const numbers = Object.fromEntries(entries.filter(([key]) => shapeKeys.includes(key)).map(([key, value]) => [key, Number(value)]));
    const settings = Object.fromEntries(entries.filter(([key]) => !shapeKeys.includes(key)));
    const { batch, imageSize, ...kept } = settings;
    this.#wanted = Object.keys(settings).length ? { ...model.settings[this.#setting(model)].set, ...kept } : null;
    this.#state.set({
      ...settings, open: this.#catalog.shapes.text({ ...this.#shape, ...numbers }), at: batch || imageSize ? null : this.#state.get("at"),
    });
  }

  /** Selects the setting that applied advice leads to in a new map. */
  settle({ settings }) {
    if (this.#wanted) {
      const found = settings.findIndex(({ set }) => Object.entries(this.#wanted).every(([key, value]) => String(set[key]) === String(value)));
      this.#wanted = null;
      this.#state.set({ setting: found < 0 ? null : found });
    }
    if (Number(this.#state.get("setting")) >= settings.length) this.#state.set({ setting: null });
  }
}
