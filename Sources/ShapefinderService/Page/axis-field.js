// Edits an axis of the map: as text, or by buttons for the grid's values.

import { h } from "./dom.js";
import { textField } from "./text-field.js";
import { values } from "./axis-text.js";

export function axisField({ key, label, hint, state, opening }) {
  const chips = h("div", { class: "chips", role: "group", "aria-label": `${label}: values of the grid` });
  const field = textField({ key, label, hint, own: "", state, after: [chips] });
  const show = field.show;
  let all = null, own = "";

  const shown = () => state.get(key) ?? opening()[key] ?? own;
  const toggle = (value) => {
    const text = shown(), held = text === "all" || text === own ? all : values(text) ?? [];
    const next = held.includes(value) ? held.filter((one) => one !== value) : all.filter((one) => one === value || held.includes(one));
    if (next.length) state.set({ [key]: next.length === all.length ? "all" : next.join(", ") });
  };

  field.setOwn = (text) => {
    own = text;
    all = values(text, 16);
    chips.replaceChildren(...(all && all.length > 1 ? all : []).map((value) =>
      h("button", { type: "button", class: "chip", "data-value": value, onclick: () => toggle(value) }, value)));
    chips.hidden = !chips.childElementCount;
  };
  field.show = () => {
    show();
    const text = shown(), held = text === "all" || text === own ? all ?? [] : values(text) ?? [];
    field.node.querySelector("input").placeholder = opening()[key] ?? own;
    for (const chip of chips.children) chip.setAttribute("aria-pressed", String(held.includes(chip.dataset.value)));
  };
  return field;
}
