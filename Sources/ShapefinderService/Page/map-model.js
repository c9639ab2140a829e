// Indexes a map's answer by panel, width and depth.

import { SpeedScale } from "./speed-scale.js";
import { middle, shade } from "./palette.js";

export class MapModel {
  constructor(answer, catalog) {
    Object.assign(this, answer);
    const { columns } = answer;
    this.count = columns.panel.length;
    this.widths = [...new Set(columns.width)].sort((a, b) => a - b);
    this.depths = [...new Set(columns.depth)].sort((a, b) => a - b);
    const speeds = this.settings.map(() => []);
    const across = new Map(this.widths.map((width, index) => [width, index]));
    const down = new Map(this.depths.map((depth, index) => [depth, index]));
    this.cells = this.panels.map(() => new Int32Array(this.widths.length * this.depths.length).fill(-1));
    for (let row = 0; row < this.count; row += 1) {
      const place = across.get(columns.width[row]) * this.depths.length + down.get(columns.depth[row]);
      this.cells[columns.panel[row]][place] = row;
      const setting = columns.fitsIn[row], speed = columns.imagesPerSecond[row];
      if (setting !== null && speed !== null && !columns.disturbed[row]) speeds[setting].push(speed);
    }
    this.scales = speeds.map((list) => new SpeedScale(list));
    this.hasAbsent = this.count < this.panels.length * this.widths.length * this.depths.length;
    this.catalog = catalog;
    this.take({ compiled: [], measured: [], isRead: false });
  }

  /** Sets the compiled and measured rows: those of the store and those of the answer itself. */
  take({ compiled, measured, isRead, isCut = false }) {
    this.isStoreRead = isRead;
    this.isStoreCut = isCut;
    this.compiled = new Set(compiled);
    this.measured = new Set(measured);
    for (let row = 0; row < this.count; row += 1) {
      if (this.columns.compiled[row] !== null) this.compiled.add(row);
      if (this.columns.disturbed[row]) this.measured.add(row);
    }
  }

  /** Index of a cell in the answer's columns; -1 if the grid has none. */
  at(panel, i, j) {
    return this.cells[panel][i * this.depths.length + j];
  }

  /** How a cell is drawn: its fill or null, and whether it is hatched. */
  look(row) {
    if (row < 0) return { fill: "absent", isHatched: false };
    const { fitsIn, uncertainIn, imagesPerSecond, disturbed } = this.columns;
    const setting = fitsIn[row], isHatched = uncertainIn[row] !== null;
    if (setting === null) return { fill: null, isHatched };
    const level = disturbed[row] ? middle : this.scales[setting].level(imagesPerSecond[row]);
    return { fill: shade(setting, level), isHatched };
  }

  /** Everything about one cell. */
  cell(row) {
    const { columns } = this, panel = this.panels[columns.panel[row]];
    return {
      row,
      panel,
      shape: { width: columns.width[row], depth: columns.depth[row], mlpWidth: columns.mlpWidth[row], heads: columns.heads[row], patch: panel.patch },
      fitsIn: columns.fitsIn[row],
      uncertainIn: columns.uncertainIn[row],
      imagesPerSecond: columns.imagesPerSecond[row],
      isCompiled: this.compiled.has(row),
      isMeasured: this.measured.has(row),
    };
  }

  /** The setting that a cell opens in: the first it fits in, else the one it may fit in, else the last. */
  settingOf(cell) {
    return cell.fitsIn ?? cell.uncertainIn ?? this.settings.length - 1;
  }

  /** The row of a shape, at a given batch and image size if the map has several; -1 if there is none. */
  find(shape, at = null) {
    for (let panel = 0; panel < this.panels.length; panel += 1) {
      if (at && at !== this.placeText(this.panels[panel])) continue;
      const place = this.placeOn(panel, shape);
      if (place) return this.at(panel, ...place);
    }
    return -1;
  }

  /** Width and depth indices of a row; null if it is on another panel. */
  placeOfRow(panel, row) {
    const { columns } = this;
    return row >= 0 && columns.panel[row] === panel ? [this.widths.indexOf(columns.width[row]), this.depths.indexOf(columns.depth[row])] : null;
  }

  /** The same for a shape. */
  placeOn(panel, shape) {
    const i = this.widths.indexOf(shape.width), j = this.depths.indexOf(shape.depth), row = i < 0 || j < 0 ? -1 : this.at(panel, i, j);
    return row >= 0 && this.#isShape(row, shape) ? [i, j] : null;
  }

  #isShape(row, shape) {
    const { panel, mlpWidth, heads } = this.columns;
    return mlpWidth[row] === shape.mlpWidth && heads[row] === shape.heads && this.panels[panel[row]].patch === shape.patch;
  }

  get hasSeveralPlaces() {
    return new Set(this.panels.map((panel) => this.placeText(panel))).size > 1;
  }

  /** `8x224`: batch and image size of a panel. */
  placeText(panel) {
    return `${panel.batch}x${panel.imageSize}`;
  }

  /** MLP-width and heads, after whatever else differs between the panels. */
  panelTitle(panel) {
    const differs = (key) => this.panels.some((other) => other[key] !== panel[key]);
    const parts = [];
    if (differs("batch")) parts.push(`${panel.batch} images`);
    if (differs("imageSize")) parts.push(`${panel.imageSize} px`);
    if (differs("patch")) parts.push(`patch ${panel.patch}`);
    parts.push(`MLP-width ${panel.mlpWidth}`);
    parts.push(/^\d+$/.test(panel.heads) ? `${panel.heads} head${panel.heads === "1" ? "" : "s"}` : `heads ${panel.heads}`);
    return parts.join(", ");
  }

  /** The verdict as tips, labels and marked shapes show it. */
  verdictText(cell) {
    const title = (index) => this.settings[index].title;
    if (cell.uncertainIn !== null && cell.fitsIn !== null) {
      return `may fit in ${title(cell.uncertainIn)}, and fits in ${title(cell.fitsIn)}`;
    }
    if (cell.uncertainIn !== null) return `may fit in ${title(cell.uncertainIn)}`;
    return cell.fitsIn === null ? "fits in none" : `fits in ${title(cell.fitsIn)}`;
  }
}
