// Opens a shape by name.

import { h } from "./dom.js";

export function finder(form, catalog, open) {
  const input = h("input", { type: "text", list: "shape-names", id: "shape-name", maxlength: 60, placeholder: "ViT-G/14", autocomplete: "off", spellcheck: "false", "data-testid": "shape-name" });
  const error = h("span", { class: "error", role: "alert" });
  const names = h("datalist", { id: "shape-names" }, ...catalog.shapes.shapes.map(({ name }) => h("option", { value: name })));
  form.append(h("label", { for: "shape-name" }, "Open a shape"), input, names, h("button", { type: "submit", class: "quiet" }, "open"), error);
  const go = () => {
    const text = input.value.trim();
    if (!text) return;
    const shape = catalog.shapes.find(text);
    error.textContent = shape ? "" : "No shape of that name, nor numbers such as 1664x48x8192h16p14.";
    if (shape) open(shape);
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    go();
  });
  input.addEventListener("input", () => catalog.shapes.byName.has(input.value) && go());
}
