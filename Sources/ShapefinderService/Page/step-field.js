// Combines a slider over steps with a field for any value.

import { h } from "./dom.js";
import { Field } from "./field.js";
import { first } from "./axis-text.js";

/** 1, 2, 3, 4, 6, 8, 12, … `most`: two steps for each doubling. */
export function doublings(most) {
  const steps = [1];
  for (let value = 2; value <= most; value *= 2) steps.push(value, ...(value * 1.5 <= most ? [value * 1.5] : []));
  return steps;
}

export function multiples(of, most) {
  return Array.from({ length: Math.floor(most / of) }, (_, index) => (index + 1) * of);
}

export function stepField({ key, label, hint, steps, unit, state }) {
  const slider = h("input", { type: "range", min: 0, max: steps.length - 1, step: 1, "data-testid": `${key}-slider` });
  const exact = h("input", {
    type: "text", inputmode: "numeric", class: "exact", maxlength: 100, autocomplete: "off", spellcheck: "false",
    "aria-label": `${label}, any value`, "data-testid": key,
  });
  let own = "";
  slider.addEventListener("input", () => state.set({ [key]: steps[slider.value] }, slider));
  exact.addEventListener("change", () => state.set({ [key]: exact.value.trim() }));
  const row = h("div", { class: "step-row" }, exact);
  const field = new Field({ key, label, hint, input: slider, after: [], onReset: () => state.set({ [key]: null }) });
  slider.replaceWith(row);
  row.prepend(slider);

  field.show = () => {
    const text = state.get(key) ?? own, value = Number(first(text) || steps[0]);
    const nearest = steps.reduce((best, step, index) => (Math.abs(step - value) < Math.abs(steps[best] - value) ? index : best), 0);
    if (document.activeElement !== slider || steps[slider.value] !== value) slider.value = nearest;
    slider.setAttribute("aria-valuetext", `${text} ${unit()}`);
    exact.value = text;
    field.value.textContent = unit();
    field.reset.hidden = !state.get(key);
    field.node.classList.toggle("is-set", Boolean(state.get(key)));
  };
  field.setOwn = (text) => (own = text);
  return field;
}
