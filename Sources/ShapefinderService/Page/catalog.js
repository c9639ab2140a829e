// Loads the service's options, devices, grids and shapes; the page has no lists of its own.

import { ask } from "./api.js";
import { ShapeNames } from "./shape.js";
import { values } from "./axis-text.js";

/** A grid with more shapes opens with only the panels of its marks. */
const shapesAtOnce = 8000;

export class Catalog {
  static async load() {
    const [options, devices, grids, shapes] = await Promise.all(
      ["options", "devices", "grids", "shapes"].map((path) => ask(path, {}).then((answer) => answer.body)));
    return new Catalog(options, devices, grids, shapes);
  }

  constructor(options, devices, grids, shapes) {
    this.hasStore = options.hasStore;
    this.options = new Map(options.options.map((option) => [option.key, option]));
    this.devices = new Map(devices.map((device) => [device.name, device]));
    this.grids = new Map(grids.map((grid) => [grid.name, grid]));
    this.shapes = new ShapeNames(shapes);
    this.defaultGrid = (grids.find((grid) => grid.marks.length) ?? grids[0]).name;
  }

  /** The axes that a grid opens with: all of a small grid, the marks' panels of a large one. */
  openingAxes(grid) {
    if (grid.shapes <= shapesAtOnce) return {};
    const marks = grid.marks.map((name) => this.shapes.byName.get(name)).filter(Boolean);
    const axes = {};
    for (const key of ["mlpWidth", "heads"]) {
      const all = values(grid.axes[key]);
      if (!all || all.length < 2) continue;
      const marked = all.filter((value) => marks.some((mark) => String(mark[key]) === value));
      axes[key] = (marked.length ? marked : all.slice(0, 1)).join(", ");
    }
    return axes;
  }

  /** The service's own machine, on which steps are measured; null if the service knows none. */
  get host() {
    return [...this.devices.values()].find(({ unit }) => unit === "host")?.name ?? null;
  }

  title(key, value) {
    return this.options.get(key)?.values?.find((item) => item.value === value)?.title ?? value;
  }

  /** The unit of a batch: `a core`, `a chip`, `a step`. */
  perUnit(name) {
    const unit = this.devices.get(name)?.unit ?? "core";
    return unit === "host" ? "a step" : `a ${unit}`;
  }

  speedUnit(name) {
    return this.devices.get(name)?.unit === "host" ? "images/s" : `images/s ${this.perUnit(name)}`;
  }

  /** Where a program runs: `a tpu-v3 core`, `cpu`. */
  place(name) {
    const device = this.devices.get(name);
    if (!device || device.unit === "host") return name;
    const whole = name.endsWith("-" + device.unit) ? `a ${name}` : `a ${name} ${device.unit}`;
    return device.programCores > 1 ? `${whole} (${device.programCores} cores, megacore)` : whole;
  }
}
