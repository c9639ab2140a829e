// Lists the service's sweeps, starts sweeps over the current map, follows and cancels them.

import { h } from "./dom.js";
import { ask, query, send, NoAnswer } from "./api.js";
import { questionText, sweepBody, sweepCall, sweepState } from "./sweep-question.js";
import { SweepEvents } from "./sweep-events.js";
import { SweepRow, isOver } from "./sweep-row.js";
import { SweepStart } from "./sweep-start.js";
import { forgetToken, keptToken } from "./token.js";
import { percent } from "./format.js";

/** Sweeps listed at first; the others on request. */
const most = 8;
/** Ms between requests for the list: with unfinished sweeps, while it is shown, otherwise. */
const rests = { open: 3000, shown: 10_000, else: 60_000 };
/** Most streams at a time; browsers open few connections to one host. */
const mostStreams = 2;

export class Sweeps extends EventTarget {
  #details;
  #catalog;
  #rows = new Map();
  #streams = new Map();
  #timer = 0;
  #question = null;
  #isAsking = false;
  #summary;
  #list = h("ul", { class: "sweep-list", "data-testid": "sweeps" });
  #words = h("p", { class: "quiet-text", role: "status", "data-testid": "sweeps-words" });
  #rest = h("button", { type: "button", class: "quiet", hidden: true, "data-testid": "sweeps-rest", onclick: () => this.#showAll() });
  #forget = h("button", { type: "button", class: "quiet", "data-testid": "token-forget", onclick: () => forgetToken() }, "forget the token");
  #start;
  #isWhole = false;

  /** Dispatches `sweep-news` with the sweep as rows arrive, and `sweep-end` when it ends. */
  constructor(details, catalog) {
    super();
    this.#details = details;
    this.#summary = details.querySelector("summary");
    this.#catalog = catalog;
    this.#start = new SweepStart({
      start: (kind, memory) => this.#ask(kind, memory), call: (kind, memory) => sweepCall(sweepBody(kind, this.#question, memory)), host: catalog.host,
    });
    const withoutStore = h("p", { class: "quiet-text", "data-testid": "sweeps-none" },
      "A sweep goes through a grid and stores what it finds. This service has no store: ", h("code", {}, "shapefinder serve --store PATH"), " gives it one.");
    details.append(...(catalog.hasStore ? [this.#start.node, this.#words, this.#list, h("div", { class: "copies" }, this.#rest, this.#forget)] : [withoutStore]));
    if (!catalog.hasStore) return;
    details.addEventListener("toggle", () => details.open && this.refresh());
    document.addEventListener("visibilitychange", () => this.#look());
    addEventListener("token-change", () => (this.#forget.hidden = keptToken() === null));
    this.#forget.hidden = keptToken() === null;
    this.refresh();
  }

  /** Sets the current map and its question. */
  show(model, parameters) {
    this.#question = parameters;
    this.#start.show(model);
    this.#markCurrent();
  }

  async refresh() {
    if (this.#isAsking || document.hidden) return;
    this.#isAsking = true;
    try {
      const sweeps = (await ask("sweeps", {})).body;
      this.#words.textContent = sweeps.length ? "" : "None yet.";
      this.#take(sweeps);
    } catch (error) {
      this.#words.textContent = error instanceof NoAnswer ? "The service does not answer; it is tried again." : error.message;
      this.#plan(rests.open);
    }
    this.#isAsking = false;
  }

  #take(sweeps) {
    const newest = sweeps.filter((sweep, index) => this.#isWhole || index < most || !isOver(sweep));
    const ends = [];
    for (const sweep of newest) {
      const row = this.#rows.get(sweep.id);
      if (!row) this.#rows.set(sweep.id, new SweepRow(sweep, { cancel: (id) => this.#cancel(id), link: this.#link(sweep) }));
      else {
        const wasOver = isOver(row.sweep);
        row.update(sweep);
        if (!wasOver && isOver(sweep)) ends.push(row.sweep);
      }
    }
    const known = new Set(newest.map(({ id }) => id));
    for (const [id, row] of this.#rows) {
      if (known.has(id)) continue;
      row.node.remove();
      this.#rows.delete(id);
    }
    // Restores the order without moving nodes that are in place.
    newest.forEach(({ id }, index) => {
      const { node } = this.#rows.get(id);
      if (this.#list.children[index] !== node) this.#list.insertBefore(node, this.#list.children[index] ?? null);
    });
    this.#rest.hidden = newest.length === sweeps.length;
    this.#rest.textContent = `show all ${sweeps.length}`;
    for (const sweep of ends) this.#over(sweep);
    this.#markCurrent();
    this.#follow();
    this.#tellSummary();
    if (newest.some((sweep) => isOver(sweep))) this.#readRuns();
    this.#plan(newest.some((sweep) => !isOver(sweep)) ? rests.open : this.#details.open ? rests.shown : rests.else);
  }

  #plan(rest) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.refresh(), rest);
  }

  /** Looks up the runs of ended sweeps, once each. */
  async #readRuns() {
    const rows = [...this.#rows.values()].filter(({ sweep, hasRun }) => isOver(sweep) && sweep.run !== null && !hasRun);
    if (!rows.length || !this.#details.open) return;
    try {
      const runs = new Map((await ask("runs", {})).body.map((run) => [run.id, run]));
      for (const row of rows) {
        row.hasRun = true;
        if (runs.has(row.sweep.run)) row.addRun(runs.get(row.sweep.run));
      }
    } catch {
      // The list works without runs.
    }
  }

  /** Streams running sweeps while the page is visible. */
  #follow() {
    const running = document.hidden ? [] : [...this.#rows.values()].filter(({ sweep }) => sweep.status === "running").slice(0, mostStreams);
    const wanted = new Set(running.map(({ sweep }) => sweep.id));
    for (const [id, stream] of this.#streams) {
      if (wanted.has(id)) continue;
      stream.stop();
      this.#streams.delete(id);
    }
    for (const row of running) {
      const { id } = row.sweep;
      if (this.#streams.has(id)) continue;
      this.#streams.set(id, new SweepEvents(id, {
        progress: (event) => this.#progress(row, event),
        end: (event) => {
          this.#progress(row, event);
          this.refresh();
        },
        lost: () => (row.isLost = true),
        found: () => (row.isLost = false),
      }));
    }
  }

  #progress(row, event) {
    if (isOver(row.sweep)) return;
    row.update({ error: null, ...event });
    this.dispatchEvent(new CustomEvent("sweep-news", { detail: row.sweep }));
    if (isOver(row.sweep)) this.#over(row.sweep);
    this.#tellSummary();
  }

  #over(sweep) {
    this.#say(`sweep ${sweep.id} ${sweep.status === "failed" ? "has failed" : `is ${sweep.status}`}`);
    this.dispatchEvent(new CustomEvent("sweep-end", { detail: sweep }));
  }

  #look() {
    this.#follow();
    if (!document.hidden) this.refresh();
  }

  #say(text) {
    document.getElementById("said").textContent = text;
  }

  #tellSummary() {
    const sweeps = [...this.#rows.values()].map(({ sweep }) => sweep);
    const running = sweeps.filter(({ status }) => status === "running"), queued = sweeps.filter(({ status }) => status === "queued").length;
    const parts = running.map(({ id, done, total }) => `${id} at ${percent(total ? done / total : 0)}`);
    if (queued) parts.push(`${queued} queued`);
    this.#summary.textContent = parts.length ? `Sweeps: ${parts.join(", ")}` : "Sweeps";
  }

  #showAll() {
    this.#isWhole = true;
    this.refresh();
  }

  async #ask(kind, memory) {
    const sweep = await send("POST", "sweeps", {}, sweepBody(kind, this.#question, memory));
    this.#say(`sweep ${sweep.id} is queued`);
    await this.refresh();
    this.#plan(500);
  }

  async #cancel(id) {
    const row = this.#rows.get(id);
    row.refuse("");
    try {
      const sweep = await send("DELETE", "sweeps", { id });
      if (!isOver(row.sweep)) {
        row.update(sweep);
        if (isOver(sweep)) this.#over(row.sweep);
      }
      this.refresh();
    } catch (error) {
      row.refuse(error.message);
    }
  }

  /** A link to a sweep's map in this window. */
  #link(sweep) {
    const state = sweepState(sweep, this.#catalog);
    if (!state) return null;
    const text = query(state), href = `${location.pathname}${text ? `?${query({ v: 1, ...state })}` : ""}`;
    return h("a", { href, class: "quiet", "data-testid": `sweep-map-${sweep.id}`, onclick: (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      history.pushState(null, "", href);
      dispatchEvent(new PopStateEvent("popstate"));
    } }, "show its map");
  }

  /** Marks the sweeps over the current map. */
  #markCurrent() {
    const shown = this.#question && questionText(this.#question, this.#catalog);
    for (const { sweep, node } of this.#rows.values()) {
      const state = sweepState(sweep, this.#catalog), link = node.querySelector("a");
      if (!state) continue;
      const isShown = questionText({ grid: this.#catalog.defaultGrid, ...state }, this.#catalog) === shown;
      link.textContent = isShown ? "of this map" : "show its map";
      if (isShown) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
  }
}
