// What compilers and real steps say of the cells of a map, beside what is estimated; never blended with it.

import { Problem } from "./api.js";
import { StoredRows } from "./stored-rows.js";
import { shapeText } from "./shape.js";

export const kinds = ["compiled", "measured"];
/** So often at most, while a sweep goes on. */
const rest = 1000;

const settingKeys = ["device", "head", "classes", "optimizer", "precision", "gradientClipping", "rematerialization", "layers", "memoryLimit"];

/** A setting, apart from batch and image size; the cores of a slice say nothing of a host. */
function settingText(given, catalog) {
  const isHost = catalog.devices.get(given.device)?.unit === "host";
  return [...settingKeys.map((key) => given[key] ?? ""), isHost ? "" : given.dataParallel].join("|");
}

/** What a configuration is, apart from its shape's name. */
const configurationText = (given, setting) => [shapeText(given), given.batch, given.imageSize, setting].join("|");

export class Evidence extends EventTarget {
  #catalog;
  #devices = [];
  #stored = new Map();
  #byKey = new Map();
  #controller = null;
  #isReading = false;
  #isWanted = false;
  /** Whether all that there is was read once. */
  #isRead = false;
  /** Whether the service has no such address. */
  #isMissing = false;
  #timer = 0;

  /** Says `change` when there is more to see. */
  constructor(catalog) {
    super();
    this.#catalog = catalog;
  }

  /** The map that is shown: its devices' rows are read once. */
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

  /** Reads what has arrived; called often, it reads once a second. */
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
      // A service without this address marks what its map says; one that is gone is said to be so elsewhere.
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

  /** What is known of one configuration, a kind after the other, the newest first. */
  of(configuration) {
    const list = this.#byKey.get(configurationText(configuration, settingText(configuration, this.#catalog)))?.list ?? [];
    const time = ({ provenance }) => Date.parse(provenance.time) || 0;
    return [...list].sort((a, b) => kinds.indexOf(a.evidence) - kinds.indexOf(b.evidence) || time(b) - time(a));
  }

  /** Of a map, which rows have been compiled and which measured, in whatever setting. */
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
