// Compares the estimated, compiled and measured results of one configuration.

import { h, bytesNode } from "./dom.js";
import { age, bytes, fixed, seconds } from "./format.js";
import { form, verdictSign } from "./verdict.js";

/** Most results of each kind. */
const most = 3;

const by = ({ evidence, provenance: { source, version, speaksFor, host } }) =>
  evidence === "estimated" ? (speaksFor ? `speaking for ${speaksFor}` : `${source} ${version}`)
    : evidence === "compiled" ? `${source} ${version}`
    : [host, speaksFor].filter(Boolean).join(": ") || `${source} ${version}`;

/** The estimate divided by a better-known value. */
function ratio(estimate, other) {
  return estimate && other ? fixed(estimate / other, 3) : "–";
}

function row(result, estimate) {
  const isEstimate = result === estimate, { total, livePeak } = result.memory, { time } = result.provenance;
  const notes = [by(result), time && age(time), result.memoryOnly && "stopped once its memory was known", result.disturbed && "disturbed by other work"].filter(Boolean);
  return [
    h("tr", { class: "known-figures", "data-testid": `known-${result.evidence}` },
      h("th", { scope: "row" }, form(result.evidence), result.evidence),
      h("td", { title: livePeak ? `live peak ${bytes(livePeak)}` : null },
        verdictSign(result.verdict), " ", bytesNode(bytes(total), total)),
      h("td", {}, isEstimate ? "" : ratio(estimate.memory.total, total)),
      h("td", {}, result.stepSeconds === null ? "–" : seconds(result.stepSeconds)),
      h("td", {}, isEstimate ? "" : ratio(estimate.stepSeconds, result.stepSeconds))),
    h("tr", { class: "known-by" }, h("td", { colspan: 5, title: time }, notes.join("; "))),
  ];
}

/** Null if only the estimate is known. */
export function known(estimate, others) {
  if (!others.length) return null;
  const shown = ["compiled", "measured"].flatMap((kind) => others.filter(({ evidence }) => evidence === kind).slice(0, most));
  const head = ["known how", "total", "ratio", "a step", "ratio"];
  return h("div", {},
    h("h3", {}, "Estimated, compiled, measured"),
    h("div", { class: "scroll", tabindex: 0, role: "group", "aria-label": "Estimated, compiled, measured" },
      h("table", { class: "known", "data-testid": "known" },
        h("thead", {}, h("tr", {}, ...head.map((title) => h("th", { scope: "col", title: title === "ratio" ? "the estimate in parts of it" : null }, title)))),
        h("tbody", {}, ...[estimate, ...shown].flatMap((result) => row(result, estimate))))),
    h("p", { class: "quiet-text" }, "A ratio is the estimate in parts of what was compiled or measured.",
      shown.length < others.length && ` ${others.length - shown.length} more are in the store.`));
}
