// Explains the map's colours and signs, with counts.

import { h, s } from "./dom.js";
import { counted, grouped, percent } from "./format.js";
import { levels, middle, shade } from "./palette.js";
import { hatchPattern } from "./hatch.js";
import { mostRows } from "./stored-rows.js";

const width = 54, height = 12;

function swatch(...nodes) {
  return s("svg", { class: "swatch", width, height, "aria-hidden": "true" }, ...nodes);
}

function ramp(setting) {
  return swatch(...Array.from({ length: levels }, (_, step) =>
    s("rect", { x: step * 6, width: 6, height, fill: shade(setting, step + 1) })));
}

function form(node) {
  return swatch(s("rect", { width, height, fill: shade(0, middle) }), node);
}

function row(picture, title, count, shapes, speed = "") {
  return h("tr", {}, h("td", { class: "legend-picture" }, picture), h("th", { scope: "row" }, title),
    h("td", {}, count === null ? "" : grouped(count)),
    h("td", {}, count === null ? "" : percent(shapes ? count / shapes : 0)),
    h("td", { class: "legend-speed" }, speed));
}

/** A sign drawn on cells of any colour. */
function sign(node, title) {
  return h("span", { class: "sign" }, form(node), title);
}

export function legend(model) {
  const { counts } = model, { shapes } = counts;
  const rows = model.settings.map((setting, index) =>
    row(ramp(index), setting.title, counts.fitsFirst[index], shapes, model.scales[index].range));
  const hatch = swatch(s("defs", {}, hatchPattern("hatch-legend")), s("rect", { class: "swatch-ground", width, height }),
    s("rect", { width, height, fill: "url(#hatch-legend)" }));
  const ground = swatch(s("rect", { class: "swatch-ground", x: 0.5, y: 0.5, width: width - 1, height: height - 1 }));
  rows.push(row(hatch, "uncertain", counts.uncertain, shapes), row(ground, "in none of them", counts.none, shapes));
  if (model.hasAbsent) rows.push(row(swatch(s("rect", { class: "absent", width, height })), "not on the grid", null, shapes));
  return h("div", {},
    h("table", { class: "legend" },
      h("caption", { class: "offscreen" }, "Legend: how many shapes fit first in each setting, and how fast they are"),
      h("thead", {}, h("tr", {}, h("td"), h("th", { scope: "col" }, "fits first in"), h("th", { scope: "col", colspan: 2 }, "shapes"),
        h("th", { scope: "col", class: "legend-speed" }, model.speedUnit, h("span", { class: "aside" }, " · brighter is faster")))),
      h("tbody", {}, ...rows)),
    model.catalog.hasStore && h("p", { class: "signs", id: "signs" }, signs(model)));
}

/** The signs of compiled and measured shapes; they are shown from the start, so that later results do not shift the layout. */
export function signs(model) {
  const count = (rows) => (model.isStoreRead || rows.size ? counted(rows.size, "shape") : "…");
  return [
    sign(s("circle", { class: "compiled", cx: 27, cy: 6, r: 3.5 }), `compiled: ${count(model.compiled)}`),
    sign(s("circle", { class: "measured", cx: 27, cy: 6, r: 2.2 }), `measured: ${count(model.measured)}`),
    model.isStoreCut && h("span", { class: "quiet-text" }, `of the first ${grouped(mostRows)} rows of the store`),
  ].filter(Boolean);
}
