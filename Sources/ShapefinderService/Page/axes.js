// Draws the labels and ticks around a panel.

import { s } from "./dom.js";
import { ticks } from "./geometry.js";

export function axes(model, { cell, plot }) {
  const nodes = [];
  let marks = "";
  for (const i of ticks(model.widths, 40 / cell.width)) {
    const x = i * cell.width + cell.width / 2;
    marks += `M${x} ${plot.height}v4`;
    nodes.push(s("text", { x, y: plot.height + 15, "text-anchor": "middle" }, String(model.widths[i])));
  }
  for (const j of ticks(model.depths, 22 / cell.height, true)) {
    const y = j * cell.height + cell.height / 2;
    marks += `M0 ${y}h-4`;
    nodes.push(s("text", { x: -7, y: y + 4, "text-anchor": "end" }, String(model.depths[j])));
  }
  nodes.push(s("text", { class: "axis-title", x: plot.width / 2, y: plot.height + 30, "text-anchor": "middle" }, "width"));
  nodes.push(s("text", { class: "axis-title", x: -plot.height / 2, y: -30, transform: "rotate(-90)", "text-anchor": "middle" }, "depth"));
  return s("g", { class: "axes", "aria-hidden": "true" },
    s("path", { class: "tick", d: marks }),
    s("rect", { class: "frame-line", x: -0.5, y: -0.5, width: plot.width + 1, height: plot.height + 1 }),
    ...nodes);
}
