// Shows the map as a table: one panel at a time, depths down, widths across.

import { h } from "./dom.js";

/** The text of a table cell: the setting's number, and the speed. */
function words(model, row) {
  if (row < 0) return "";
  const cell = model.cell(row);
  const name = cell.uncertainIn !== null ? `${cell.uncertainIn + 1}?` : cell.fitsIn === null ? "–" : String(cell.fitsIn + 1);
  const compiled = cell.isCompiled ? "°" : "", measured = cell.isMeasured ? "*" : "";
  return `${name}${compiled}${measured}${cell.imagesPerSecond === null ? "" : ` ${cell.imagesPerSecond.toFixed(1)}`}`;
}

function table(model, panel) {
  return h("div", { class: "scroll twin-scroll", tabindex: 0, role: "group", "aria-label": "The map as a table" },
    h("table", { "data-testid": "twin-table" },
      h("caption", {}, `${model.panelTitle(model.panels[panel])}: `,
        model.settings.map((setting, index) => `${index + 1} fits first in ${setting.title}`).join(", "),
        `; ? may fit; – fits in none${model.compiled.size ? "; ° compiled" : ""}${model.measured.size ? "; * measured" : ""}; then ${model.speedUnit}`),
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "depth"), ...model.widths.map((width) => h("th", { scope: "col" }, String(width))))),
      h("tbody", {}, ...model.depths.map((depth, j) => h("tr", {}, h("th", { scope: "row" }, String(depth)),
        ...model.widths.map((_, i) => h("td", {}, words(model, model.at(panel, i, j)))))))));
}

export class Twin {
  #details;
  #body;
  #model = null;
  #panel = 0;

  constructor(details, body) {
    this.#details = details;
    this.#body = body;
    details.addEventListener("toggle", () => this.#draw());
  }

  show(model) {
    const isOfSameMap = this.#model?.title === model.title, box = this.#body.querySelector(".twin-scroll"), place = box && [box.scrollLeft, box.scrollTop];
    this.#model = model;
    this.#panel = Math.max(0, Math.min(this.#panel, model.panels.length - 1));
    this.#draw();
    if (isOfSameMap && place) this.#body.querySelector(".twin-scroll")?.scrollTo(...place);
  }

  #draw() {
    if (!this.#details.open || !this.#model?.count) {
      this.#body.replaceChildren();
      return;
    }
    const choice = h("select", { id: "twin-panel", onchange: () => {
      this.#panel = Number(choice.value);
      this.#body.querySelector(".twin-scroll").replaceWith(table(this.#model, this.#panel));
    } }, ...this.#model.panels.map((panel, index) => h("option", { value: index, selected: index === this.#panel }, this.#model.panelTitle(panel))));
    this.#body.replaceChildren(h("p", {}, h("label", { for: "twin-panel" }, "Panel "), choice), table(this.#model, this.#panel));
  }
}
