// Shows error messages at the top of the page.

import { h } from "./dom.js";

/** `action`: a title and `run`. */
export function message(text, id, action = null) {
  const area = document.getElementById("messages");
  const node = h("p", { class: "message", "data-id": id, "data-testid": "message" }, h("span", {}, text),
    action && h("button", { type: "button", class: "quiet", "data-testid": "message-action", onclick: action.run }, action.title),
    h("button", { type: "button", class: "quiet", "aria-label": "Dismiss", onclick: () => node.remove() }, "×"));
  area.querySelector(`[data-id="${id}"]`)?.remove();
  area.append(node);
}

export function dismiss(id) {
  document.querySelector(`#messages [data-id="${id}"]`)?.remove();
}
