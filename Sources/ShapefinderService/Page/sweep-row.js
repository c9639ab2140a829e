// Shows one sweep of the list, its progress, outcome and actions, in nodes that persist while it changes.

import { h } from "./dom.js";
import { age, clock, grouped } from "./format.js";
import { copyButton } from "./copy.js";
import { Pace } from "./pace.js";

export const isOver = ({ status }) => ["finished", "failed", "cancelled"].includes(status);
const took = (value) => (value < 1 ? "less than a second" : clock(value));
const span = (from, through) => Math.max(0, (Date.parse(through) - Date.parse(from)) / 1000);

export class SweepRow {
  #sweep;
  #pace = new Pace();
  #run = null;
  #isLost = false;
  /** Why it could not be cancelled. */
  #refusal = "";
  #status = h("span", { class: "sweep-status" });
  #bar = h("progress", {});
  #facts = h("p", { class: "sweep-facts" });
  #error = h("p", { class: "error", hidden: true });
  #cancel;
  #head;
  /** Whether its run was looked up. */
  hasRun = false;

  /** `cancel` takes the id; `link` leads to its map, if there is one. */
  constructor(sweep, { cancel, link }) {
    const { id, kind, command } = sweep;
    this.#bar.setAttribute("aria-label", `Sweep ${id}`);
    this.#cancel = h("button", { type: "button", class: "quiet", "data-testid": `cancel-${id}`, "aria-label": `Cancel sweep ${id}`, onclick: () => cancel(id) }, "cancel");
    this.#head = h("p", { class: "sweep-head", tabindex: "-1" }, h("strong", {}, `${id}`), " ", h("span", { class: "sweep-kind" }, kind), " ", this.#status);
    this.node = h("li", { class: "sweep", "data-testid": `sweep-${id}` },
      this.#head, h("code", {}, command.replace(/^shapefinder \S+ ?/, "")), this.#bar, this.#facts, this.#error,
      h("div", { class: "copies" }, this.#cancel, link, copyButton("copy as command", () => command, `copy-sweep-${id}`)));
    this.update(sweep);
  }

  get sweep() {
    return this.#sweep;
  }

  /** Merges in what is now known of the sweep. */
  update(sweep) {
    this.#sweep = { ...this.#sweep, ...sweep };
    if (this.#sweep.status === "running") this.#pace.take(this.#sweep.done);
    this.tell();
  }

  /** Adds its run's counts. */
  addRun(run) {
    this.#run = run;
    this.tell();
  }

  /** Whether its stream is interrupted. */
  set isLost(isLost) {
    if (isLost === this.#isLost) return;
    this.#isLost = isLost;
    this.tell();
  }

  refuse(text) {
    this.#refusal = text;
    this.tell();
  }

  /** Updates every node that changes. */
  tell() {
    const sweep = this.#sweep, over = isOver(sweep);
    this.node.dataset.status = sweep.status;
    this.#status.textContent = sweep.status;
    this.#bar.max = Math.max(1, sweep.total);
    this.#bar.value = sweep.done;
    this.#bar.hidden = over || sweep.status === "queued";
    // The focus stays in the sweep when its button is hidden.
    if (over && document.activeElement === this.#cancel) this.#head.focus({ preventScroll: true });
    this.#cancel.hidden = over;
    const text = this.#text();
    if (this.#facts.textContent !== text) this.#facts.textContent = text;
    // Also why a queued sweep waits.
    const trouble = this.#refusal || sweep.error || "";
    if (this.#error.textContent !== trouble) this.#error.textContent = trouble;
    this.#error.hidden = !trouble;
  }

  #text() {
    const { status, done, total, run, created, started, finished } = this.#sweep;
    const count = `${grouped(done)} of ${grouped(total)}`;
    if (status === "queued") return `${grouped(total)} configurations, asked for ${age(created)}`;
    if (status === "running") {
      if (this.#isLost) return `${count}; the service does not answer, it is tried again`;
      const left = this.#pace.left(total);
      return `${count}${left === null ? "" : `, ${clock(left)} left`}`;
    }
    const parts = [started && finished ? `${count} in ${took(span(started, finished))}` : count];
    if (run !== null) parts.push(`run ${run}${this.#run ? `: ${grouped(this.#run.results)} stored, ${grouped(this.#run.new)} of them new` : ""}`);
    if (finished) parts.push(age(finished));
    if (status === "cancelled") parts.push("what was stored is kept");
    return parts.join("; ");
  }
}
