// Reads compiled and measured results for the cells of a map; they are never blended with estimates.

import { Problem } from "./api.js";
import { StoredRows } from "./stored-rows.js";
import { shapeText } from "./shape.js";

export const kinds = ["compiled", "measured"];
/** Least time between two reads, in ms. */
const rest = 1000;

const settingKeys = ["device", "head", "classes", "optimizer", "precision", "gradientClipping", "rematerialization", "layers", "memoryLimit"];

/** A key for a setting, without batch and image size, and for a host without cores. */
function settingText(given, catalog) {
  const isHost = catalog.devices.get(given.device)?.unit === "host";
  return [...settingKeys.map((key) => given[key] ?? ""), isHost ? "" : given.dataParallel].join("|");
}

/** A key for a configuration, without its shape's name. */
const configurationText = (given, setting) => [shapeText(given), given.batch, given.imageSize, setting].join("|");

export class Evidence extends EventTarget {
  #catalog;
  #devices = [];
  #stored = new Map();
  #byKey = new Map();
  #controller = null;
  #isReading = false;
  #isWanted = false;
  /** Whether the first read is complete. */
  #isRead = false;
  /** Whether the service has no results route. */
  #isMissing = false;
  #timer = 0;

  /** Dispatches `change` on new results. */
  constructor(catalog) {
    super();
    this.#catalog = catalog;
  }

  /** Reads the stored rows of a map's devices, once. */
  show(model) {
    const devices = [...new Set(model.settings.map(({ set }) => set.device))].sort();
    if (!this.#catalog.hasStore) return;
    if (devices.join() === this.#devices.join()) {
      if (!this.#isRead) this.read();
      return;
    }
    this.#devices = devices;
    this.#controller?.abort();
    this.#isReading = false;
    this.#isRead = this.#isMissing;
    this.#stored = new Map();
    this.#byKey = new Map();
    clearTimeout(this.#timer);
    this.#timer = 0;
    this.read();
  }

  /** Reads new results; frequent calls are throttled. */
  async read() {
    if (!this.#devices.length || this.#isMissing) return;
    this.#isWanted = true;
    if (this.#isReading || this.#timer) return;
    this.#isWanted = false;
    this.#isReading = true;
    const controller = (this.#controller = new AbortController());
    try {
      for (const device of this.#devices) {
        for (const kind of kinds) if (!this.#stored.has(device + kind)) this.#stored.set(device + kind, new StoredRows(device, kind));
      }
      const news = await Promise.all([...this.#stored.values()].map((stored) => stored.read(controller.signal)));
      const isFirst = !this.#isRead;
      this.#isRead = true;
      if (isFirst || news.includes(true)) this.#index();
    } catch (error) {
      if (error.name === "AbortError") return;
      // Without this route, only the map's own marks are shown; an unreachable service is reported elsewhere.
      if (error instanceof Problem && error.status === 404) {
        this.#isMissing = true;
        this.#isRead = true;
        this.dispatchEvent(new Event("change"));
      }
    }
    this.#isReading = false;
    this.#timer = setTimeout(() => {
      this.#timer = 0;
      if (this.#isWanted) this.read();
    }, rest);
  }

  #index() {
    this.#byKey = new Map();
    for (const { rows } of this.#stored.values()) {
      for (const result of rows) {
        const setting = settingText(result, this.#catalog), key = configurationText(result, setting), known = this.#byKey.get(key);
        if (known) known.list.push(result);
        else this.#byKey.set(key, { setting, list: [result] });
      }
    }
    this.dispatchEvent(new Event("change"));
  }

  get isCut() {
    return [...this.#stored.values()].some((stored) => stored.isCut);
  }

  /** The results for one configuration by kind, the newest first. */
  of(configuration) {
    const list = this.#byKey.get(configurationText(configuration, settingText(configuration, this.#catalog)))?.list ?? [];
    const time = ({ provenance }) => Date.parse(provenance.time) || 0;
    return [...list].sort((a, b) => kinds.indexOf(a.evidence) - kinds.indexOf(b.evidence) || time(b) - time(a));
  }

  /** The rows of a map that were compiled or measured in any of its settings. */
  marks(model) {
    const found = { compiled: new Set(), measured: new Set(), isRead: this.#isRead, isCut: this.isCut };
    const settings = new Set(model.settings.map(({ set }) => settingText(set, this.#catalog)));
    for (const { setting, list } of this.#byKey.values()) {
      if (!settings.has(setting)) continue;
      const [first] = list;
      for (let panel = 0; panel < model.panels.length; panel += 1) {
        const { batch, imageSize } = model.panels[panel];
        if (batch !== first.batch || imageSize !== first.imageSize) continue;
        const place = model.placeOn(panel, first);
        if (!place) continue;
        for (const { evidence } of list) found[evidence]?.add(model.at(panel, ...place));
      }
    }
    return found;
  }
}
