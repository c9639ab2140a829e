// Compares the optimizers in a table.

import { h, bytesNode } from "./dom.js";
import { bytes, fixed } from "./format.js";
import { verdictSign } from "./verdict.js";

export function optimizers(rows, current, catalog) {
  const head = ["optimizer", "state", "ratio", "total", "max batch", "max depth"];
  const number = (value) => (value === null ? "–" : String(value));
  return h("div", { class: "scroll", tabindex: 0, role: "group", "aria-label": "The optimizers side by side" },
    h("table", { class: "optimizers" },
      h("thead", {}, h("tr", {}, ...head.map((title) => h("th", { scope: "col" }, title)))),
      h("tbody", {}, ...rows.map((row) => h("tr", { class: row.optimizer === current ? "current" : null, "aria-current": row.optimizer === current ? "true" : null },
        h("th", { scope: "row" }, catalog.title("optimizer", row.optimizer)),
        h("td", {}, bytesNode(bytes(row.state), row.state)),
        h("td", { title: row.publishedRatio === null ? null : `the paper: ${row.publishedRatio}` }, row.ratio === null ? "–" : fixed(row.ratio, 3)),
        h("td", {}, verdictSign(row.verdict), " ", bytesNode(bytes(row.total), row.total)),
        h("td", {}, number(row.largestBatch)),
        h("td", {}, number(row.largestDepth)))))));
}
