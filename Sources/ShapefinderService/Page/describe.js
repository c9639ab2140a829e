// Fills in what surrounds the map: title and source, legend, marks, copies and downloads.

import { h } from "./dom.js";
import { fixed, grouped } from "./format.js";
import { legend, signs } from "./legend.js";
import { mapFoot } from "./downloads.js";

const at = (id) => document.getElementById(id);

/** Says where a marked shape fits, or that it is not on the map. */
function markLine(model, mark, open) {
  const row = model.find(mark), cell = row < 0 ? null : model.cell(row);
  const speed = cell?.imagesPerSecond ? `: ${fixed(cell.imagesPerSecond, 1)} ${model.speedUnit}` : "";
  return h("span", {},
    h("button", { type: "button", class: "link", "data-testid": `open-${mark.name}`, onclick: () => open(mark) }, mark.name),
    cell ? ` ${model.verdictText(cell)}${speed}` : " is not on this map");
}

/** Counts the compiled and measured shapes. */
export function tellSigns(model) {
  at("signs")?.replaceChildren(...signs(model));
}

export function describe(model, answer, parameters, open) {
  at("map-title").textContent = model.title;
  at("map-source").textContent = [model.provenance, answer.remark].filter(Boolean).join("; ");
  at("legend").replaceChildren(legend(model));
  at("marks").replaceChildren(...model.marks.map((mark) => markLine(model, mark, open)));
  at("map-foot").replaceChildren(...mapFoot(answer, parameters));
  at("no-shapes").hidden = model.count > 0;
  const { counts } = model, fits = counts.fitsFirst.reduce((sum, count) => sum + count, 0);
  at("map-said").textContent =
    `${grouped(counts.shapes)} shapes: ${grouped(fits)} fit, ${grouped(counts.uncertain)} are uncertain, ${grouped(counts.none)} fit in none`;
}
