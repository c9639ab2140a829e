// Asks for the service's token and keeps it for this tab; only a request header contains it.

import { h } from "./dom.js";

const key = "shapefinder-token";
/** A copy for browsers without storage; it lasts as long as the page is open. */
let held = null;

export function keptToken() {
  try {
    return sessionStorage.getItem(key) ?? held;
  } catch {
    return held;
  }
}

function keep(token) {
  held = token;
  try {
    if (token === null) sessionStorage.removeItem(key);
    else sessionStorage.setItem(key, token);
  } catch {
    // `held` has it.
  }
  dispatchEvent(new CustomEvent("token-change"));
}

export function forgetToken() {
  keep(null);
}

/** The answer of the open dialog, which all requests for a token await. */
let asking = null;

/** Asks for a token once; `refused` is the rejected one. Returns whether there is another one to try. */
export async function askToken(refused) {
  if (!asking && keptToken() !== refused) return keptToken() !== null;
  if (!asking && refused !== null) keep(null);
  asking ??= dialog(refused !== null).finally(() => (asking = null));
  return asking;
}

function dialog(isRefused) {
  const back = document.activeElement;
  const error = h("p", { class: "error", id: "token-error", role: "alert", "data-testid": "token-error" });
  const input = h("input", {
    type: "password", id: "token", maxlength: 4096, autocomplete: "off", spellcheck: "false", "aria-describedby": "token-error token-about", "data-testid": "token",
  });
  const say = (text) => {
    error.textContent = text;
    error.hidden = !text;
    if (text) input.setAttribute("aria-invalid", "true");
    else input.removeAttribute("aria-invalid");
  };
  const node = h("dialog", { class: "token", "aria-labelledby": "token-title", "data-testid": "token-dialog" },
    h("form", { method: "dialog" },
      h("h2", { id: "token-title" }, "The service asks for its token"),
      h("p", { id: "token-about", class: "quiet-text" }, "Whoever runs the service has it. This tab keeps it until it is closed."),
      h("label", { for: "token" }, "Token"), input, error,
      h("div", { class: "dialog-buttons" },
        h("button", { type: "button", class: "quiet", "data-testid": "token-cancel", onclick: () => node.close() }, "Cancel"),
        h("button", { type: "submit", class: "strong", "data-testid": "token-send" }, "Use it"))));
  say(isRefused ? "The service did not take this token." : "");
  return new Promise((done) => {
    let isGiven = false;
    node.querySelector("form").addEventListener("submit", (event) => {
      event.preventDefault();
      const token = input.value.trim();
      if (!/^[\x21-\x7e]+$/.test(token)) return say(token ? "A token has visible ASCII characters alone, and no space." : "There is no token yet.");
      isGiven = true;
      keep(token);
      node.close();
    });
    node.addEventListener("close", () => {
      node.remove();
      back?.focus?.({ preventScroll: true });
      done(isGiven);
    });
    document.body.append(node);
    node.showModal();
    input.focus();
  });
}
