// Runs the page: a change of state requests and draws the map, then the breakdown.

import { ask, Latest, NoAnswer, Problem } from "./api.js";
import { Breakdown } from "./breakdown.js";
import { Controls } from "./controls.js";
import { copyButton } from "./copy.js";
import { describe, tellSigns } from "./describe.js";
import { Evidence } from "./evidence.js";
import { finder } from "./finder.js";
import { MapModel } from "./map-model.js";
import { dismiss, message } from "./messages.js";
import { Opened } from "./opened.js";
import { Pointing } from "./pointing.js";
import { mapQuestion } from "./question.js";
import { Sweeps } from "./sweeps.js";
import { Twin } from "./twin.js";
import "./fit-map.js";

/** Retry delay for an unreachable service, in ms. */
const pause = 3000;

export class Page {
  #catalog;
  #state;
  #map = document.querySelector("fit-map");
  #controls;
  #breakdown;
  #opened;
  #pointing;
  #twin = new Twin(document.getElementById("twin"), document.getElementById("twin-body"));
  #latest = new Latest();
  #evidence;
  #sweeps;
  #asked = "";
  /** The answer that is drawn, as JSON. */
  #drawn = "";
  #again = 0;
  #frame = 0;
  /** Whether the state is still the link's; a value that the service rejects is then reset. */
  #isFromLink = true;

  constructor(catalog, state) {
    this.#catalog = catalog;
    this.#state = state;
    this.#opened = new Opened(state, catalog);
    this.#pointing = new Pointing(this.#map, catalog);
    this.#controls = new Controls(document.getElementById("controls"), catalog, state);
    this.#evidence = new Evidence(catalog);
    this.#sweeps = new Sweeps(document.getElementById("sweeps"), catalog);
    this.#breakdown = new Breakdown(document.getElementById("breakdown"), catalog, this.#evidence, {
      close: () => this.#close(), apply: (set) => this.#opened.apply(this.#map.model, set), choose: (index) => state.set({ setting: index }),
    });
    finder(document.getElementById("finder"), catalog, (shape) => this.#openShape(shape));
    document.getElementById("share").replaceWith(copyButton("copy link", () => location.href, "copy-link"));
    this.#listen();
  }

  /** Reads the state from the address and shows it. */
  start() {
    this.#state.read(location.search).forEach((text, index) => message(text, `link-${index}`));
    this.#isFromLink = true;
    this.#controls.show();
    this.#redraw();
  }

  #listen() {
    this.#state.addEventListener("change", () => {
      this.#isFromLink = false;
      this.#controls.show();
      // At most one request a frame, which cancels the previous one.
      cancelAnimationFrame(this.#frame);
      this.#frame = requestAnimationFrame(() => this.#redraw());
    });
    this.#state.addEventListener("written", ({ detail }) => {
      if (detail.isShort) dismiss("long");
      else message("The link to this would be longer than 2,000 characters: the address stays as it was.", "long");
    });
    addEventListener("popstate", () => this.start());
    this.#evidence.addEventListener("change", () => this.#mark());
    this.#sweeps.addEventListener("sweep-news", ({ detail }) => detail.kind !== "enumerate" && this.#evidence.read());
    this.#sweeps.addEventListener("sweep-end", ({ detail }) => this.#settle(detail));
    document.addEventListener("visibilitychange", () => document.hidden || this.#evidence.read());
    this.#map.addEventListener("cell-open", ({ detail }) => this.#openRow(detail));
    addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || event.defaultPrevented) return;
      if (this.#breakdown.isOpen) this.#close();
      else this.#pointing.hide();
    });
  }

  async #redraw() {
    const parameters = mapQuestion(this.#state, this.#catalog), question = JSON.stringify(parameters);
    if (question === this.#asked) {
      this.#follow();
      return;
    }
    this.#asked = question;
    clearTimeout(this.#again);
    const signal = this.#latest.next();
    this.#say("loading");
    try {
      const answer = await ask("map", parameters, { signal });
      this.#show(answer, parameters);
    } catch (error) {
      if (error.name === "AbortError") return;
      this.#asked = "";
      this.#say("failed");
      this.#refuse(error);
    }
  }

  #show(answer, parameters) {
    const model = new MapModel(answer.body, this.#catalog);
    this.#evidence.show(model);
    model.take(this.#evidence.marks(model));
    this.#opened.settle(model);
    this.#map.show(model, this.#opened.row(model));
    this.#say("done");
    dismiss("map");
    describe(model, answer, parameters, (shape) => this.#openShape(shape));
    this.#twin.show(model);
    this.#sweeps.show(model, parameters);
    this.#drawn = JSON.stringify(answer.body);
    this.#follow();
  }

  /** Marks cells with stored results and lists those of the open shape; draws nothing else. */
  #mark() {
    const { model } = this.#map;
    if (!model) return;
    const shown = () => [model.compiled.size, model.measured.size, model.isStoreRead].join(), before = shown();
    model.take(this.#evidence.marks(model));
    this.#breakdown.showKnown();
    if (shown() === before) return;
    this.#map.mark();
    tellSigns(model);
    this.#twin.show(model);
  }

  /** Updates the map after a sweep; compilers may have settled uncertain cells. */
  async #settle({ kind }) {
    if (kind === "enumerate") return;
    this.#evidence.read();
    const parameters = mapQuestion(this.#state, this.#catalog);
    if (kind !== "compile" || JSON.stringify(parameters) !== this.#asked) return;
    try {
      const answer = await ask("map", parameters, { signal: this.#latest.next() });
      if (JSON.stringify(answer.body) !== this.#drawn) this.#show(answer, parameters);
      this.#breakdown.again();
      this.#follow();
    } catch (error) {
      // The drawn map stays; the next change retries.
      if (error.name !== "AbortError") this.#asked = "";
    }
  }

  #say(state) {
    this.#map.dataset.state = state;
    this.#map.setAttribute("aria-busy", String(state === "loading"));
  }

  /** Shows the service's error at its control, or resets a value from a link. */
  #refuse(error) {
    const key = error instanceof Problem ? error.key : null;
    if (key && this.#isFromLink && this.#state.get(key) !== null) {
      message(`${error.message}. Its default is shown.`, "link-map");
      this.#state.set({ [key]: null });
      this.#isFromLink = true;
    } else if (key && this.#controls.say(error)) dismiss("map");
    else message(error.message, "map", { title: "try again", run: () => this.#redraw() });
    // Retries until the service is back.
    if (error instanceof NoAnswer) this.#again = setTimeout(() => this.#asked || this.#redraw(), pause);
  }

  /** Shows the breakdown of the open shape in the drawn map. */
  #follow() {
    const { model } = this.#map;
    if (!model) return;
    const question = this.#opened.question(model);
    document.getElementById("frame").classList.toggle("has-breakdown", Boolean(question));
    this.#map.open(this.#opened.row(model));
    if (question) this.#breakdown.show(question);
    else this.#breakdown.close();
  }

  #openRow({ row, byKeyboard }) {
    this.#pointing.hide();
    this.#opened.openRow(this.#map.model, row);
    this.#follow();
    if (byKeyboard || matchMedia("(max-width: 999px)").matches) this.#breakdown.focus();
  }

  #openShape(shape) {
    this.#opened.open(shape);
    this.#follow();
    this.#breakdown.focus();
  }

  #close() {
    const { model } = this.#map, row = model ? this.#opened.row(model) : -1;
    this.#opened.close();
    this.#follow();
    this.#map.focusRow(row);
  }
}
