// Selects one of the service's values; the first choice is the grid's own.

import { h } from "./dom.js";
import { Field } from "./field.js";

export function selectField({ key, label, hint, values, own, state }) {
  const input = h("select", { "data-testid": key }, h("option", { value: "" }, own),
    ...values.map(({ value, title }) => h("option", { value }, title)));
  input.addEventListener("change", () => state.set({ [key]: input.value }));
  const field = new Field({ key, label, hint, input });
  field.show = () => {
    input.value = state.get(key) ?? "";
    field.node.classList.toggle("is-set", Boolean(state.get(key)));
  };
  field.setOwn = (text) => (input.options[0].textContent = text);
  return field;
}
