// Provides the form that starts a sweep over the map.

import { h } from "./dom.js";
import { copyButton } from "./copy.js";
import { counted } from "./format.js";

const about = {
  enumerate: "Each is estimated and stored.",
  compile: "The device's compiler is asked about each: 20 seconds to 12 minutes.",
  measure: "Real training steps of each are timed on the service's machine: seconds each.",
};

export class SweepStart {
  #count = h("p", { class: "quiet-text" });
  #error = h("p", { class: "error", role: "alert", hidden: true, "data-testid": "sweep-error" });
  #memory = h("input", { type: "checkbox", id: "sweep-memory", "data-testid": "sweep-memory" });
  #memoryRow = h("label", { for: "sweep-memory", class: "choice", hidden: true }, this.#memory, " for its memory alone, in an eighth of the time");
  #about = h("p", { class: "quiet-text", id: "sweep-about" });
  #button = h("button", { type: "submit", class: "strong", "data-testid": "sweep-start" }, "Start");
  #choices = new Map();
  #isSending = false;
  #host;

  /** `start(kind, memory)` starts a sweep; its errors appear in the form. `call(kind, memory)`: the API call. `host`: the device that is measured. */
  constructor({ start, call, host }) {
    this.#host = host;
    for (const kind of Object.keys(about)) {
      const input = h("input", { type: "radio", name: "sweep-kind", value: kind, checked: kind === "enumerate", "aria-describedby": "sweep-about", "data-testid": `sweep-kind-${kind}`, onchange: () => this.#tell() });
      this.#choices.set(kind, h("label", { class: "choice" }, input, ` ${kind}`));
    }
    this.node = h("form", { class: "sweep-start", "data-testid": "sweep-form" },
      h("fieldset", {}, h("legend", {}, "Go through this map"), this.#count, h("div", { class: "choices" }, ...this.#choices.values()), this.#about, this.#memoryRow),
      h("div", { class: "sweep-go" }, this.#button, copyButton("copy as API call", () => call(...this.#what), "copy-call-sweep"), this.#error));
    this.node.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send(start);
    });
    this.#tell();
  }

  get #kind() {
    return this.node.querySelector("input[name=sweep-kind]:checked").value;
  }

  get #what() {
    return [this.#kind, this.#kind === "compile" && this.#memory.checked];
  }

  /** Updates the form for a new map. */
  show(model) {
    const devices = new Set(model.settings.map(({ set }) => set.device)), isMeasurable = devices.size === 1 && devices.has(this.#host);
    this.#count.textContent = `${counted(model.count, "shape")} in ${counted(model.settings.length, "setting")}: ${counted(model.count * model.settings.length, "configuration")}.`;
    const measure = this.#choices.get("measure"), input = measure.querySelector("input");
    input.disabled = !isMeasurable;
    measure.title = isMeasurable ? "" : `what is measured is this machine: choose the device ${this.#host}`;
    if (input.checked && !isMeasurable) this.#choices.get("enumerate").querySelector("input").checked = true;
    this.#say("");
    this.#tell(isMeasurable);
  }

  #tell(isMeasurable = !this.#choices.get("measure").querySelector("input").disabled) {
    this.#about.textContent = about[this.#kind] + (isMeasurable || !this.#host ? "" : ` To measure, choose the device ${this.#host}.`);
    this.#memoryRow.hidden = this.#kind !== "compile";
  }

  #say(text) {
    this.#error.textContent = text;
    this.#error.hidden = !text;
  }

  async #send(start) {
    if (this.#isSending) return;
    this.#isSending = true;
    this.#button.setAttribute("aria-disabled", "true");
    this.#say("");
    try {
      await start(...this.#what);
    } catch (error) {
      this.#say(error.message);
    }
    this.#isSending = false;
    this.#button.removeAttribute("aria-disabled");
  }
}
