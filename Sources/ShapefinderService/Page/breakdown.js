// Shows the breakdown of one shape: verdict, bytes, advice, timeline, optimizers.

import { h } from "./dom.js";
import { ask, Latest } from "./api.js";
import { copies, copyButton } from "./copy.js";
import { sentence, verdictCard } from "./verdict.js";
import { byteBar } from "./byte-bar.js";
import { facts } from "./facts.js";
import { known } from "./known.js";
import { advice } from "./advice.js";
import { timeline } from "./timeline.js";
import { optimizers } from "./optimizers.js";
import { shade, middle } from "./palette.js";

/** Delay in ms before the timeline, a large answer, is requested. */
const rest = 150;

export class Breakdown {
  #node;
  #catalog;
  #actions;
  #latest = new Latest();
  #parts = {};
  #said = h("p", { class: "offscreen", role: "status", "data-testid": "verdict-status" });
  #title = h("h2", { tabindex: "-1", "data-testid": "shape-title" });
  #numbers = h("p", { class: "numbers" });
  #settings = h("div", { class: "setting-choice", role: "group", "aria-label": "In which setting" });
  #question = "";
  #evidence;
  /** The estimate that is shown, with a compiler's result for it. */
  #result = null;

  /** `actions`: close, apply a change, choose a setting. `evidence`: stored results. */
  constructor(node, catalog, evidence, actions) {
    this.#node = node;
    this.#evidence = evidence;
    this.#catalog = catalog;
    this.#actions = actions;
    for (const name of ["trouble", "compiled", "answer", "known", "bytes", "facts", "advice", "timeline", "optimizers", "text"]) {
      this.#parts[name] = h("section", { class: `part-${name}` });
    }
    this.#parts.answer.dataset.testid = "answer";
    node.append(
      h("div", { class: "breakdown-head" }, this.#title,
        h("button", { type: "button", class: "quiet close", "data-testid": "close", "aria-label": "Close the breakdown", onclick: () => actions.close() }, "×")),
      this.#numbers, this.#settings, this.#said, ...Object.values(this.#parts));
    node.dataset.testid = "breakdown";
  }

  get isOpen() {
    return !this.#node.hidden;
  }

  close() {
    this.#latest.stop();
    this.#question = "";
    this.#result = null;
    this.#node.hidden = true;
  }

  /** Updates only the stored results. */
  showKnown() {
    if (!this.#result) return;
    const { compiled, ...estimate } = this.#result, others = this.#evidence.of(estimate);
    // If the store lists no compiled result, the one from the check is shown.
    const all = compiled && !others.some(({ evidence }) => evidence === "compiled") ? [compiled, ...others] : others;
    this.#put("known", known(estimate, all));
  }

  /** Forgets the question, so that `show` requests it again. */
  again() {
    if (this.#node.contains(document.activeElement)) return;
    this.#question = "";
  }

  focus() {
    this.#title.focus({ preventScroll: true });
    this.#node.scrollIntoView({ block: "start" });
  }

  /** Shows a shape in a setting of the map; an unchanged question sends no request. */
  async show({ name, shape, parameters, settings, setting }) {
    this.#node.hidden = false;
    this.#title.textContent = name;
    this.#numbers.textContent = `${shape.width} wide, ${shape.depth} deep, MLP ${shape.mlpWidth}, ${shape.heads} heads, patch ${shape.patch}`;
    this.#choices(settings, setting);
    const question = JSON.stringify(parameters);
    if (question === this.#question) return;
    this.#question = question;
    this.#node.dataset.state = "loading";
    for (const part of Object.values(this.#parts)) part.classList.add("stale");
    const signal = this.#latest.next();
    try {
      const answer = await ask("check", parameters, { signal });
      this.#check(name, answer);
      await this.#details(answer.body, parameters, signal);
      this.#node.dataset.state = "done";
    } catch (error) {
      if (error.name === "AbortError") return;
      this.#question = "";
      this.#result = null;
      this.#node.dataset.state = "failed";
      for (const [key, part] of Object.entries(this.#parts)) if (key !== "trouble") part.replaceChildren();
      this.#put("trouble", h("p", { class: "message", role: "alert" }, error.message));
    }
  }

  #choices(settings, chosen) {
    this.#settings.hidden = settings.length < 2;
    this.#settings.replaceChildren(...settings.map(({ title }, index) => {
      const button = h("button", { type: "button", class: "chip", "aria-pressed": String(index === chosen), "data-testid": `setting-${index}`, onclick: () => this.#actions.choose(index) },
        h("span", { class: "dot", "aria-hidden": "true" }), title);
      button.firstChild.style.background = shade(index, middle);
      return button;
    }));
  }

  #put(part, ...nodes) {
    this.#parts[part].classList.remove("stale");
    this.#parts[part].replaceChildren(...nodes.filter(Boolean));
  }

  #check(name, answer) {
    const result = answer.body, place = this.#catalog.place(result.device);
    this.#said.textContent = sentence(name, result.compiled ?? result, place);
    this.#result = result;
    this.#put("trouble");
    this.showKnown();
    this.#put("compiled", result.compiled && verdictCard(name, result.compiled, place, "", "-compiled"));
    this.#put("answer", verdictCard(name, result, place, `${result.batch} images, ${result.imageSize} px`), copies(answer, "check"));
    this.#put("bytes", h("h3", {}, result.compiled ? "Where the bytes go, as estimated" : "Where the bytes go"), byteBar(result.memory));
    this.#put("facts", facts(result, this.#catalog), result.settle && h("div", { class: "settle" },
      h("h3", {}, "To settle it"), h("code", {}, result.settle), copyButton("copy as command", () => result.settle, "copy-settle")));
    this.#text(answer);
  }

  async #details(result, parameters, signal) {
    const { optimizer, ...others } = parameters;
    const [changes, rows] = await Promise.all([ask("advice", parameters, { signal }), ask("optimizers", others, { signal })]);
    this.#put("advice", advice(result, changes.body, this.#actions.apply), copies(changes, "advice"));
    this.#put("optimizers", h("h3", {}, "The optimizers side by side"), optimizers(rows.body, result.optimizer, this.#catalog), copies(rows, "optimizers"));
    await new Promise((done) => setTimeout(done, rest));
    signal.throwIfAborted();
    try {
      const line = await ask("timeline", parameters, { signal });
      this.#put("timeline", h("h3", {}, "Live bytes over the step"), timeline(line.body, result.memory.limit), copies(line, "timeline"));
    } catch (error) {
      if (error.name === "AbortError") throw error;
      this.#put("timeline", h("h3", {}, "Live bytes over the step"), h("p", { class: "quiet-text" }, error.message));
    }
  }

  /** The command line's text, requested when its section opens. */
  #text(answer) {
    const details = h("details", { class: "more" }, h("summary", {}, "As the command line prints it"));
    details.addEventListener("toggle", async () => {
      if (!details.open || details.children.length > 1) return;
      const pre = h("pre", { tabindex: 0, "data-testid": "text", "aria-label": "As the command line prints it", role: "group" }, "…");
      details.append(pre);
      const path = answer.url.replace(/^\/v1\//, "").split("?");
      try {
        pre.textContent = (await ask(path[0], Object.fromEntries(new URLSearchParams(path[1])), { accept: "text/plain" })).body;
      } catch (error) {
        pre.textContent = error.message;
      }
    });
    this.#put("text", details);
  }
}
