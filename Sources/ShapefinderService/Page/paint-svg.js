// Draws a panel's cells as SVG, one path per colour.

import { s } from "./dom.js";

function data(list, cell) {
  let text = "";
  for (let at = 0; at < list.length; at += 3) {
    text += `M${list[at] * cell.width} ${list[at + 1] * cell.height}h${cell.width}v${list[at + 2] * cell.height}h-${cell.width}z`;
  }
  return text;
}

export function paintSVG(group, { fills, hatched }, cell, hatch) {
  const paths = [...fills].map(([fill, list]) =>
    s("path", fill === "absent" ? { class: "absent", d: data(list, cell) } : { fill, d: data(list, cell) }));
  if (hatched.length) paths.push(s("path", { d: data(hatched, cell), fill: `url(#${hatch})`, class: "uncertain" }));
  group.replaceChildren(...paths);
}
