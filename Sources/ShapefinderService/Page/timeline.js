// Draws the live bytes over the step, before and after rematerialization.

import { h, s } from "./dom.js";
import { bytes, fixed, grouped } from "./format.js";
import { columns, labels, stretches } from "./timeline-columns.js";

const size = { width: 420, height: 172, left: 54, right: 8, top: 16, bottom: 24 };
const nameWidth = 74;

export function timeline(rows, limit) {
  const { width, height, left, right, top, bottom } = size;
  const across = width - left - right, down = height - top - bottom;
  const list = columns(rows, across), wide = across / list.length;
  const peak = rows.find((row) => row.isPeak) ?? rows[0], live = (row) => row.rematerializedBytes ?? row.bytes;
  const hasBoth = list.some((column) => column.before !== column.live);
  const most = Math.max(limit, ...list.map((column) => Math.max(column.before, column.live))) * 1.04;
  const x = (column) => (left + column * wide).toFixed(1), y = (value) => (top + down * (1 - value / most)).toFixed(1);
  const outline = (from, through, key) => list.slice(from, through).map((column, index) => `V${y(column[key])}H${x(from + index + 1)}`).join("");
  const area = new Map();
  for (const { phase, start, end } of stretches(list)) {
    area.set(phase, (area.get(phase) ?? "") + `M${x(start)} ${y(0)}${outline(start, end, "live")}V${y(0)}z`);
  }
  const peakX = left + ((rows.indexOf(peak) + 0.5) * across) / rows.length;
  const place = `${peak.label}, event ${grouped(peak.event)} of ${grouped(rows.length)}`;
  const svg = s("svg", {
    class: "timeline", viewBox: `0 0 ${width} ${height}`, role: "img",
    "aria-label": `Live bytes over the step: ${bytes(live(peak))} at the peak in the ${peak.phase}, ${place}; limit ${bytes(limit)}`,
  },
    [0.25, 0.5, 0.75].map((part) => s("line", { class: "rule", x1: left, x2: width - right, y1: y(limit * part), y2: y(limit * part) })),
    [...area].map(([phase, d]) => s("path", { class: `phase-${phase}`, d })),
    hasBoth && s("path", { class: "before", d: `M${x(0)} ${y(list[0].before)}${outline(0, list.length, "before")}` }),
    s("line", { class: "limit", x1: left, x2: width - right, y1: y(limit), y2: y(limit) }),
    s("text", { class: "on-plot", x: width - right - 3, y: y(limit) - 4, "text-anchor": "end" }, "limit"),
    [0, 0.25, 0.5, 0.75, 1].map((part) =>
      s("text", { x: left - 5, y: Number(y(limit * part)) + 3.5, "text-anchor": "end" }, part ? fixed((limit * part) / 2 ** 30, 1) + " GiB" : "0")),
    labels(list, nameWidth / wide).map(({ phase, at }) => [
      s("rect", { class: `phase-${phase}`, x: Number(x(at)) + 3, y: height - 16, width: 9, height: 9, rx: 2 }),
      s("text", { x: Number(x(at)) + 16, y: height - 8 }, phase),
    ]),
    s("circle", { class: "peak", cx: peakX, cy: y(live(peak)), r: 3.5 }));
  return h("figure", { class: "timeline-figure" }, svg,
    h("figcaption", {}, `${bytes(live(peak))} live at the peak: ${place}`, hasBoth && "; the dashed line is before rematerialization"));
}
