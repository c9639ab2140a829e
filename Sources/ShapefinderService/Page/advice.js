// Shows changes that would make a shape fit, as buttons.

import { h, bytesNode } from "./dom.js";
import { bytes, relative } from "./format.js";
import { verdictWords } from "./verdict.js";

function button(change, apply) {
  return h("li", {}, h("button", { type: "button", class: `change ${change.verdict}`, "data-testid": "change", onclick: () => apply(change.set) },
    h("span", { class: "change-name" }, change.description),
    h("span", { class: "change-cost" },
      verdictWords[change.verdict], " at ", bytesNode(bytes(change.total), change.total),
      change.bytesSaved !== null && ` · live peak ${bytes(-change.bytesSaved)}`,
      change.timeCost !== null && ` · time an image ${relative(change.timeCost).replace(" %", "\u00a0%")}`)));
}

export function advice(result, changes, apply) {
  const doFit = result.verdict === "fits";
  let shown = doFit ? changes : changes.filter((change) => change.verdict === "fits");
  let title = doFit ? "What would save memory" : "What would make it fit";
  if (!shown.length && changes.length) {
    title = "No change, and no three of them together, makes it fit; of single changes this comes closest";
    shown = [changes.reduce((best, change) => (change.total < best.total ? change : best))];
  }
  const rest = changes.filter((change) => !shown.includes(change));
  return h("div", {},
    h("h3", {}, title),
    changes.length ? h("ul", { class: "changes" }, ...shown.map((change) => button(change, apply))) : h("p", { class: "quiet-text" }, "Nothing that the service knows."),
    rest.length > 0 && h("details", { class: "more" }, h("summary", {}, `Alone ${rest.length === 1 ? "this does" : "these do"} not surely suffice`),
      h("ul", { class: "changes" }, ...rest.map((change) => button(change, apply)))));
}
