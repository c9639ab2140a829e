// Edits a number or a text; empty means the grid's own.

import { h } from "./dom.js";
import { Field } from "./field.js";

export function textField({ key, label, hint, own, state, isNumber = false, after = [] }) {
  const input = h("input", {
    type: "text", inputmode: isNumber ? "numeric" : null, maxlength: 100, placeholder: own, autocomplete: "off", spellcheck: "false",
    "data-testid": key,
  });
  input.addEventListener("change", () => state.set({ [key]: input.value.trim() }));
  const field = new Field({ key, label, hint, input, after, onReset: () => state.set({ [key]: null }) });
  field.show = () => {
    if (document.activeElement !== input || input.value.trim() !== state.get(key)) input.value = state.get(key) ?? "";
    field.reset.hidden = !state.get(key);
    field.node.classList.toggle("is-set", Boolean(state.get(key)));
  };
  field.setOwn = (text) => (input.placeholder = text);
  return field;
}
