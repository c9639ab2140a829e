// What went wrong, in words, at the head of the page.

import { h } from "./dom.js";

export function message(text, id) {
  const area = document.getElementById("messages");
  const node = h("p", { class: "message", "data-id": id, "data-testid": "message" }, text,
    h("button", { type: "button", class: "quiet", "aria-label": "Dismiss", onclick: () => node.remove() }, "×"));
  area.querySelector(`[data-id="${id}"]`)?.remove();
  area.append(node);
}

export function dismiss(id) {
  document.querySelector(`#messages [data-id="${id}"]`)?.remove();
}
