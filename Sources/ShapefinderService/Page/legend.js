// What the colours and forms of the map say, with counts.

import { h, s } from "./dom.js";
import { grouped, percent } from "./format.js";
import { levels, middle, shade } from "./palette.js";
import { hatchPattern } from "./hatch.js";

function swatch(...nodes) {
  return s("svg", { class: "swatch", width: 54, height: 12, "aria-hidden": "true" }, ...nodes);
}

function ramp(setting) {
  return swatch(...Array.from({ length: levels }, (_, step) =>
    s("rect", { x: step * 6, width: 6, height: 12, fill: shade(setting, step + 1) })));
}

function form(node) {
  return swatch(s("rect", { width: 54, height: 12, fill: shade(0, middle) }), node);
}

function item(picture, title, detail) {
  return h("li", {}, picture, h("span", { class: "legend-title" }, title), h("span", { class: "legend-detail" }, detail));
}

export function legend(model) {
  const { counts } = model, share = (count) => `${grouped(count)} · ${percent(counts.shapes ? count / counts.shapes : 0)}`;
  const items = model.settings.map((setting, index) => {
    const range = model.scales[index].range;
    return item(ramp(index), setting.title, `${share(counts.fitsFirst[index])}${range ? ` · ${range} ${model.speedUnit}` : ""}`);
  });
  items.push(item(
    swatch(s("defs", {}, hatchPattern("hatch-legend")), s("rect", { class: "swatch-ground", width: 54, height: 12 }),
      s("rect", { width: 54, height: 12, fill: "url(#hatch-legend)" })),
    "uncertain", share(counts.uncertain)));
  items.push(item(swatch(s("rect", { class: "swatch-ground", x: 0.5, y: 0.5, width: 53, height: 11 })), "fits in none", share(counts.none)));
  if (model.hasCompiled) items.push(item(form(s("circle", { class: "compiled", cx: 27, cy: 6, r: 3 })), "compiled", "a compiler was asked"));
  if (model.hasMeasured) items.push(item(form(s("circle", { class: "measured", cx: 27, cy: 6, r: 2 })), "measured", "its speed is shown apart where it was disturbed"));
  return h("ul", { class: "legend", "aria-label": "Legend: fits first in" }, ...items);
}
