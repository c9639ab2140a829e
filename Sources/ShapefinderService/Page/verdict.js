// Shows the headline of a breakdown: verdict, bytes and their evidence.

import { h, s, bytesNode } from "./dom.js";
import { bytes, ratio } from "./format.js";

/** Verdicts as tables show them. */
export const verdictWords = { fits: "fits", "does-not-fit": "does not fit", uncertain: "uncertain" };
const words = { ...verdictWords, uncertain: "may fit" };
const signs = { fits: "✓", "does-not-fit": "✗", uncertain: "?" };

/** A verdict as a sign, with its word for screen readers. */
export function verdictSign(verdict) {
  return [
    h("span", { class: `word ${verdict}`, "aria-hidden": "true", title: verdictWords[verdict] }, signs[verdict]),
    h("span", { class: "offscreen" }, verdictWords[verdict]),
  ];
}

/** `estimated; libtpu 0.0.17.1`. */
export function basis({ evidence, provenance }) {
  const { speaksFor, source, version, host } = provenance;
  if (evidence === "estimated") return evidence + (speaksFor ? `; ${speaksFor}` : "");
  if (evidence === "compiled") return `${evidence}; ${speaksFor ?? `${source} ${version}`}`;
  return evidence + (host ? ` on ${host}` : `; ${source} ${version}`);
}

/** The command line's sentence, for screen readers. */
export function sentence(name, result, place) {
  const { total, limit } = result.memory, room = ratio(total, limit), known = ` (${basis(result)})`;
  if (result.verdict === "uncertain") return `Uncertain whether ${name} fits ${place}: ${room}${known}`;
  const over = result.verdict === "does-not-fit" && total > limit ? `, ${bytes(total - limit)} over` : "";
  return `${name} ${words[result.verdict]} ${place}: ${room}${over}${known}`;
}

/** The symbol of a kind of evidence: a filled square, a ring, a dot. */
export function form(evidence) {
  const node = evidence === "compiled" ? s("circle", { class: "compiled", cx: 6, cy: 6, r: 4 })
    : evidence === "measured" ? s("circle", { class: "measured", cx: 6, cy: 6, r: 3 })
    : s("rect", { class: "estimated", x: 1, y: 1, width: 10, height: 10 });
  return s("svg", { class: "form", width: 12, height: 12, "aria-hidden": "true" }, node);
}

export function verdictCard(name, result, place, unit, testid = "") {
  const { total, limit } = result.memory;
  const over = total > limit ? bytesNode(`${bytes(total - limit)} over`, total - limit, { class: "over" }) : null;
  return h("div", { class: `verdict ${result.verdict}` },
    h("p", { class: "verdict-line", "data-testid": `verdict${testid}`, "data-verdict": result.verdict },
      h("span", { class: "verdict-word" }, words[result.verdict]), ` ${place}`),
    h("p", { class: "verdict-bytes" },
      bytesNode(bytes(total), total, { class: "total", "data-testid": `total-bytes${testid}` }), " of ",
      bytesNode(bytes(limit), limit), over && [", ", over]),
    h("p", { class: "basis" }, form(result.evidence), basis(result), unit ? ` · ${unit}` : ""));
}
