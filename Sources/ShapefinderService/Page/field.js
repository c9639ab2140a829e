// Wraps a control in a label, a reset button and room for the service's error.

import { h } from "./dom.js";

let count = 0;

export class Field {
  #error;
  #input;

  constructor({ key, label, hint, input, after = [], onReset = null }) {
    const id = `field-${key}-${(count += 1)}`;
    input.id = id;
    this.key = key;
    this.#input = input;
    this.#error = h("p", { class: "error", id: `${id}-error`, hidden: true, "data-testid": `error-${key}` });
    input.setAttribute("aria-describedby", `${id}-error`);
    this.reset = h("button", { type: "button", class: "quiet reset", hidden: true, "aria-label": `${label}: back to the default`, title: "back to the default" }, "×");
    if (onReset) this.reset.addEventListener("click", () => {
      onReset();
      input.focus();
    });
    this.value = h("span", { class: "field-value" });
    this.node = h("div", { class: "field", "data-key": key },
      h("div", { class: "field-head" }, h("label", { for: id, title: hint }, label), this.value, this.reset), input, ...after, this.#error);
  }

  say(trouble) {
    this.#error.textContent = trouble ?? "";
    this.#error.hidden = !trouble;
    if (trouble) this.#input.setAttribute("aria-invalid", "true");
    else this.#input.removeAttribute("aria-invalid");
  }
}
