// Copies an answer as a command or as an API call.

import { h } from "./dom.js";

async function toClipboard(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  // Insecure contexts have no clipboard API.
  const field = h("textarea", { class: "offscreen" }, text);
  document.body.append(field);
  field.select();
  document.execCommand("copy");
  field.remove();
}

/** A button that copies the result of `text` and confirms it. */
export function copyButton(title, text, testid) {
  const label = h("span", {}, title);
  const button = h("button", { type: "button", class: "quiet copy", "data-testid": testid }, label);
  // The text may have changed by then.
  for (const type of ["pointerenter", "focus"]) button.addEventListener(type, () => (button.title = text()));
  button.addEventListener("click", async () => {
    try {
      await toClipboard(text());
      label.textContent = "copied";
    } catch {
      label.textContent = "not allowed";
    }
    document.getElementById("said").textContent = label.textContent;
    setTimeout(() => (label.textContent = title), 1400);
  });
  return button;
}

/** The copy buttons of an answer. */
export function copies(answer, what) {
  const call = `curl '${new URL(answer.url, location.href).href}'`;
  return h("div", { class: "copies" },
    answer.command && copyButton("copy as command", () => answer.command, `copy-command-${what}`),
    copyButton("copy as API call", () => call, `copy-call-${what}`));
}
