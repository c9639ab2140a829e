// The page: the state changes, the map is asked for and drawn, the breakdown follows.

import { ask, Latest, Problem } from "./api.js";
import { Controls } from "./controls.js";
import { Breakdown } from "./breakdown.js";
import { MapModel } from "./map-model.js";
import { Tip } from "./tip.js";
import { Twin } from "./twin.js";
import { legend } from "./legend.js";
import { mapFoot } from "./downloads.js";
import { copyButton } from "./copy.js";
import { finder } from "./finder.js";
import { dismiss, message } from "./messages.js";
import { mapQuestion, placeOutside, shapeQuestion } from "./question.js";
import { fixed, grouped, ratio } from "./format.js";
import { shapeKeys } from "./shape.js";
import "./fit-map.js";

export class Page {
  #catalog;
  #state;
  #map = document.querySelector("fit-map");
  #controls;
  #breakdown;
  #tip = new Tip();
  #twin = new Twin(document.getElementById("twin"), document.getElementById("twin-body"));
  #latest = new Latest();
  #hovered = new Latest();
  #asked = "";
  #frame = 0;
  #wanted = null;
  #isFromLink = true;

  constructor(catalog, state) {
    this.#catalog = catalog;
    this.#state = state;
    this.#controls = new Controls(document.getElementById("controls"), catalog, state);
    this.#breakdown = new Breakdown(document.getElementById("breakdown"), catalog, {
      close: () => this.#close(), apply: (set) => this.#apply(set), choose: (index) => state.set({ setting: index }),
    });
    finder(document.getElementById("finder"), catalog, (shape) => this.#openShape(shape));
    document.getElementById("share").replaceWith(copyButton("copy link", () => location.href, "copy-link"));
    state.addEventListener("change", () => {
      this.#isFromLink = false;
      this.#controls.show();
      this.#schedule();
    });
    state.addEventListener("written", ({ detail }) => {
      if (detail.isShort) dismiss("long");
      else message("The link to this would be longer than 2,000 characters: the address stays as it was.", "long");
    });
    addEventListener("popstate", () => {
      state.read(location.search).forEach((text, index) => message(text, `link-${index}`));
      this.#controls.show();
      this.#schedule();
    });
    this.#listen();
  }

  start() {
    this.#redraw();
  }

  #listen() {
    const map = this.#map;
    for (const type of ["cell-hover", "cell-focus"]) map.addEventListener(type, ({ detail }) => this.#point(detail));
    map.addEventListener("cell-leave", () => {
      this.#hovered.stop();
      this.#tip.hide();
    });
    map.addEventListener("cell-open", ({ detail }) => this.#openRow(detail));
    addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || event.defaultPrevented) return;
      if (this.#tip.row >= 0 && !this.#breakdown.isOpen) this.#tip.hide();
      else if (this.#breakdown.isOpen) this.#close();
    });
    addEventListener("scroll", () => this.#tip.hide(), { passive: true, capture: true });
  }

  /** One question a frame at most; the one before is cancelled. */
  #schedule() {
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(() => this.#redraw());
  }

  async #redraw() {
    const parameters = mapQuestion(this.#state, this.#catalog), question = JSON.stringify(parameters);
    if (question === this.#asked) {
      this.#follow();
      return;
    }
    this.#asked = question;
    const map = this.#map, signal = this.#latest.next(), started = performance.now();
    map.dataset.state = "loading";
    map.setAttribute("aria-busy", "true");
    try {
      const answer = await ask("map", parameters, { signal });
      const model = new MapModel(answer.body, this.#catalog);
      this.#settle(model);
      map.show(model, this.#openedRow(model));
      map.dataset.state = "done";
      map.setAttribute("aria-busy", "false");
      map.dataset.milliseconds = Math.round(performance.now() - started);
      dismiss("map");
      this.#describe(model, answer, parameters);
      this.#follow();
    } catch (error) {
      if (error.name === "AbortError") return;
      this.#asked = "";
      map.dataset.state = "failed";
      map.setAttribute("aria-busy", "false");
      this.#refuse(error);
    }
  }

  /** After a change was applied, the setting that came of the one that was open. */
  #settle(model) {
    if (this.#wanted) {
      const found = model.settings.findIndex(({ set }) => Object.entries(this.#wanted).every(([key, value]) => String(set[key]) === String(value)));
      this.#wanted = null;
      this.#state.set({ setting: found < 0 ? null : found });
    }
    if (Number(this.#state.get("setting")) >= model.settings.length) this.#state.set({ setting: null });
  }

  #refuse(error) {
    const isAtControl = error instanceof Problem && this.#controls.say(error);
    const key = error instanceof Problem && this.#state.get(error.key) !== null ? error.key : null;
    if (this.#isFromLink && key) {
      message(`${error.message}. Its default is shown.`, "link-map");
      this.#state.set({ [key]: null });
      return;
    }
    if (isAtControl) dismiss("map");
    else message(error.message, "map");
  }

  #describe(model, answer, parameters) {
    const at = (id) => document.getElementById(id);
    at("map-title").textContent = model.title;
    at("map-source").textContent = model.provenance;
    at("legend").replaceChildren(legend(model));
    at("map-foot").replaceChildren(...mapFoot(answer, parameters));
    at("marks").replaceChildren(...this.#marks(model));
    const { counts } = model, fits = counts.fitsFirst.reduce((sum, count) => sum + count, 0);
    const text = `${grouped(counts.shapes)} shapes: ${grouped(fits)} fit, ${grouped(counts.uncertain)} are uncertain, ${grouped(counts.none)} fit in none`;
    at("map-said").textContent = text;
    this.#twin.show(model);
  }

  /** Each marked shape: where it fits, or that it is not on this map. */
  #marks(model) {
    return model.marks.flatMap((mark) => {
      const row = model.find(mark), cell = row < 0 ? null : model.cell(row);
      const speed = cell?.imagesPerSecond ? `: ${fixed(cell.imagesPerSecond, 1)} ${model.speedUnit}` : "";
      const button = document.createElement("button");
      button.type = "button";
      button.className = "link";
      button.dataset.testid = `open-${mark.name}`;
      button.textContent = mark.name;
      button.addEventListener("click", () => this.#openShape(mark));
      const line = document.createElement("span");
      line.append(button, cell ? ` ${model.verdictText(cell)}${speed}` : " is not on this map");
      return line;
    });
  }

  #openedRow(model) {
    const open = this.#state.get("open"), shape = open && this.#catalog.shapes.find(open);
    return shape ? model.find(shape, model.hasSeveralPlaces ? this.#state.get("at") : null) : -1;
  }

  /** The breakdown of what is open, in the map that is drawn. */
  #follow() {
    const { model } = this.#map, open = this.#state.get("open");
    if (!model) return;
    document.getElementById("frame").classList.toggle("has-breakdown", Boolean(open));
    if (!open) {
      this.#breakdown.close();
      this.#map.open(-1);
      return;
    }
    const shape = this.#catalog.shapes.find(open), row = this.#openedRow(model);
    const cell = row < 0 ? null : model.cell(row), chosen = this.#state.get("setting");
    const setting = chosen !== null ? Number(chosen) : cell ? model.settingOf(cell) : model.settings.length - 1;
    const place = cell ? { batch: cell.panel.batch, imageSize: cell.panel.imageSize } : placeOutside(model, this.#state, this.#catalog);
    this.#map.open(row);
    this.#breakdown.show({
      name: this.#catalog.shapes.byName.has(open) ? open : `${shape.width}x${shape.depth}x${shape.mlpWidth} h${shape.heads} /${shape.patch}`,
      shape, settings: model.settings, setting, parameters: shapeQuestion(shape, model.settings[setting], place, this.#catalog),
    });
  }

  #openRow({ row, byKeyboard }) {
    const { model } = this.#map, cell = model.cell(row);
    this.#tip.hide();
    this.#state.set({ open: this.#catalog.shapes.text(cell.shape), at: model.hasSeveralPlaces ? model.placeText(cell.panel) : null, setting: null });
    this.#follow();
    if (byKeyboard || matchMedia("(max-width: 999px)").matches) this.#breakdown.focus();
  }

  #openShape(shape) {
    this.#state.set({ open: this.#catalog.shapes.text(shape), at: null, setting: null });
    this.#follow();
    this.#breakdown.focus();
  }

  #close() {
    const { model } = this.#map, row = model ? this.#openedRow(model) : -1;
    this.#state.set({ open: null, at: null, setting: null });
    this.#follow();
    this.#map.focusRow(row);
  }

  /** A change of the advice: settings go to the controls, numbers of the shape to what is open. */
  #apply(set) {
    const { model } = this.#map, shape = this.#catalog.shapes.find(this.#state.get("open"));
    const numbers = Object.fromEntries(Object.entries(set).filter(([key]) => shapeKeys.includes(key)).map(([key, value]) => [key, Number(value)]));
    const settings = Object.fromEntries(Object.entries(set).filter(([key]) => !shapeKeys.includes(key)));
    const row = this.#openedRow(model), chosen = this.#state.get("setting");
    const index = chosen !== null ? Number(chosen) : row >= 0 ? model.settingOf(model.cell(row)) : model.settings.length - 1;
    const { batch, imageSize, ...kept } = settings;
    this.#wanted = Object.keys(settings).length ? { ...model.settings[index].set, ...kept } : null;
    const next = { ...shape, ...numbers };
    this.#state.set({
      ...settings, open: this.#catalog.shapes.text(next), at: batch || imageSize ? null : this.#state.get("at"),
    });
  }

  async #point(detail) {
    const { model } = this.#map, { row } = detail;
    if (!model || row < 0) return;
    const isNew = row !== this.#tip.row;
    this.#tip.show(model, detail);
    if (!isNew) return;
    const signal = this.#hovered.next(), cell = model.cell(row);
    const parameters = shapeQuestion(cell.shape, model.settings[model.settingOf(cell)], { batch: cell.panel.batch, imageSize: cell.panel.imageSize }, this.#catalog);
    try {
      const { body } = await ask("check", parameters, { signal });
      this.#tip.addBytes(row, ratio(body.memory.total, body.memory.limit));
    } catch {
      // The card has what the map knows.
    }
  }
}
