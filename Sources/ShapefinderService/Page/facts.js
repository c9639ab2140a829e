// Lists the facts beside the table, worded as on the command line.

import { h } from "./dom.js";
import { bytes, fixed, grouped, parameterCount, percent, seconds, speed } from "./format.js";

const span = ([from, through]) => (from === through ? grouped(from) : `${grouped(from)} to ${grouped(through)}`);

/** The largest batch, gaps below it, and uncertain batches above it. */
function largestBatch({ largestBatch: largest, batchGaps: gaps, mayFitBatch: window }, per) {
  if (largest === null && window === null) return null;
  let text;
  if (largest === null) text = "no batch surely fits";
  else if (largest === 0) text = window === null ? `none: not even one image ${per} fits` : "none surely fits";
  else {
    text = `${grouped(largest)} image${largest === 1 ? "" : "s"} ${per}`;
    if (gaps?.length) text += `; below it, ${gaps.length > 3 ? "among others " : ""}${gaps.slice(-3).map(span).join(", ")} may not fit`;
  }
  if (window) text += `; ${span(window)} ${window[0] === window[1] ? "is" : "are"} uncertain`;
  return text;
}

function recomputation(known, step) {
  if (!known) return null;
  const { startsAt, floor, recomputedBytes, seconds: cost } = known;
  let text = `the compiler recomputes ${bytes(recomputedBytes)} to bring the live peak down to ${bytes(Math.max(startsAt, floor))}`;
  if (cost !== null) text += `, ${seconds(cost)} a step${step > 0 ? ` (${percent(cost / step)})` : ""}`;
  if (floor <= startsAt) return `${text}; the least it could reach is ${bytes(floor)}`;
  return `${text}, the least it can reach${startsAt > 0 ? `; it aims at ${bytes(startsAt)}` : ""}`;
}

/** A compiler's results beyond the headline. */
function compiled(known, unit) {
  if (!known) return null;
  const { memory, provenance } = known, parts = [];
  if (memory.livePeak !== null) parts.push(`live peak ${bytes(memory.livePeak)}`);
  parts.push(speed(known, unit), provenance.time && `asked ${provenance.time}`);
  return [parts.filter(Boolean).join(", "), ...provenance.notes].filter(Boolean).join("; ");
}

export function facts(result, catalog) {
  const unit = catalog.speedUnit(result.device), notes = result.provenance.notes;
  const flops = `${fixed(result.flopsPerImage / 1e9, 1)} GFLOPs an image forward`, time = speed(result, unit);
  const pairs = [
    ["compiled", compiled(result.compiled, unit)],
    ["time", time ? `${time}, ${flops}` : flops],
    ["largest batch", largestBatch(result, catalog.perUnit(result.device))],
    ["peak", result.peak && `at ${result.peak}`],
    ["recomputation", recomputation(result.recomputation, result.stepSeconds)],
    ["parameters", `${parameterCount(result.parameterCount)} (${grouped(result.parameterCount)})`],
    ["code", result.memory.code > 0 ? `${bytes(result.memory.code)} of program, beside the total` : null],
    [notes.length === 1 ? "note" : "notes", notes.length ? notes.join("; ") : null],
  ];
  return h("dl", { class: "facts" }, ...pairs.filter(([, text]) => text).map(([name, text]) => [
    h("dt", {}, name), h("dd", {}, text),
  ]));
}
