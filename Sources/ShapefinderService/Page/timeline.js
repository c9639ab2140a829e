// Live bytes over the step, before and after rematerialization.

import { h, s } from "./dom.js";
import { bytes, grouped } from "./format.js";

const size = { width: 420, height: 170, left: 54, right: 8, top: 16, bottom: 22 };

/** The largest value of each pixel column. */
function columns(rows, key, count) {
  const most = new Array(count).fill(null);
  rows.forEach((row, index) => {
    const value = row[key];
    if (value === null) return;
    const column = Math.min(count - 1, Math.floor((index * count) / rows.length));
    if (most[column] === null || value > most[column]) most[column] = value;
  });
  for (let at = 1; at < count; at += 1) most[at] ??= most[at - 1];
  return most;
}

export function timeline(rows, limit) {
  const { width, height, left, right, top, bottom } = size;
  const across = width - left - right, down = height - top - bottom;
  const peak = rows.find((row) => row.isPeak) ?? rows[0];
  const hasBoth = rows.some((row) => row.rematerializedBytes !== null && row.rematerializedBytes !== row.bytes);
  const count = Math.min(across, rows.length);
  const before = columns(rows, "bytes", count);
  const after = hasBoth ? columns(rows, "rematerializedBytes", count) : before;
  const most = Math.max(limit, ...before.filter((value) => value !== null), ...after.filter((value) => value !== null)) * 1.04;
  const x = (column) => left + (column * across) / count, y = (value) => top + down * (1 - value / most);
  const steps = (list) => list.map((value, column) => `${column ? "H" : `M${x(0).toFixed(1)} ${y(value).toFixed(1)}H`}${x(column).toFixed(1)}V${y(value).toFixed(1)}`).join("") + `H${x(count)}`;
  const phases = [...new Set(rows.map((row) => row.phase))].map((phase) => ({
    phase, from: rows.findIndex((row) => row.phase === phase), through: rows.findLastIndex((row) => row.phase === phase),
  }));
  const peakX = left + ((rows.indexOf(peak) + 0.5) * across) / rows.length, peakBytes = (hasBoth && peak.rematerializedBytes) || peak.bytes;
  const label = `Live bytes over the step: ${bytes(peakBytes)} at the peak in the ${peak.phase} pass, ${peak.label}, event ${grouped(peak.event)} of ${grouped(rows.length)}; limit ${bytes(limit)}`;
  const svg = s("svg", { class: "timeline", viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label },
    ...[0, 0.25, 0.5, 0.75, 1].map((part) => [
      s("line", { class: part === 1 ? "limit" : "rule", x1: left, x2: width - right, y1: y(limit * part), y2: y(limit * part) }),
      s("text", { x: left - 5, y: y(limit * part) + 3.5, "text-anchor": "end" }, part ? bytes(limit * part).replace(/\.\d+ /, (digits) => digits.slice(0, 2) + " ") : "0"),
    ]).flat(),
    s("path", { class: "live", d: `${steps(after)}V${y(0)}H${left}z` }),
    hasBoth && s("path", { class: "before", d: steps(before) }),
    ...phases.slice(1).map(({ from }) => s("line", { class: "phase", x1: left + (from * across) / rows.length, x2: left + (from * across) / rows.length, y1: top, y2: height - bottom })),
    ...phases.filter(({ from, through }) => ((through - from) * across) / rows.length > 44).map(({ phase, from, through }) =>
      s("text", { class: "phase-name", x: left + ((from + through) / 2 / rows.length) * across, y: height - 7, "text-anchor": "middle" }, phase)),
    s("circle", { class: "peak", cx: peakX, cy: y(peakBytes), r: 3.5 }),
    s("text", { x: width - right, y: y(limit) - 4, "text-anchor": "end" }, "limit"));
  return h("figure", { class: "timeline-figure" }, svg,
    h("figcaption", {}, `${bytes(peakBytes)} live at the peak, ${peak.label}, event ${grouped(peak.event)} of ${grouped(rows.length)}`,
      hasBoth && h("span", { class: "before-key" }, " dashed: before rematerialization")));
}
