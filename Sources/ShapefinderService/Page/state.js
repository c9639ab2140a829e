// Keeps the page's state in its address: `?v=1` and only the non-default values.

import { query } from "./api.js";

const version = "1";
const longest = 2000;
const longestValue = 100;

export const axisKeys = ["depth", "width", "mlpWidth", "heads", "patch"];

export class State extends EventTarget {
  #values = {};
  #rules;

  /** `rules`: for each key a function that returns the error in a value, or null. */
  constructor(rules) {
    super();
    this.#rules = rules;
  }

  get(key) {
    return this.#values[key] ?? null;
  }

  get all() {
    return { ...this.#values };
  }

  /** Sets some keys at once; null, undefined and "" reset a key to its default. */
  set(changes, origin = null) {
    let changed = false;
    for (const [key, value] of Object.entries(changes)) {
      const text = value === null || value === undefined ? "" : String(value).slice(0, longestValue);
      if ((this.#values[key] ?? "") === text) continue;
      changed = true;
      if (text) this.#values[key] = text;
      else delete this.#values[key];
    }
    if (!changed) return;
    this.#write();
    this.dispatchEvent(new CustomEvent("change", { detail: { keys: Object.keys(changes), origin } }));
  }

  get address() {
    const known = Object.keys(this.#rules).filter((key) => key in this.#values);
    if (!known.length) return location.pathname;
    return `${location.pathname}?${query({ v: version, ...Object.fromEntries(known.map((key) => [key, this.#values[key]])) })}`;
  }

  #write() {
    const address = this.address;
    const isShort = new URL(address, location.href).href.length <= longest;
    if (isShort) history.replaceState(null, "", address);
    this.dispatchEvent(new CustomEvent("written", { detail: { isShort } }));
  }

  /** Reads the address; returns a message for each value that is invalid. */
  read(search) {
    const given = new URLSearchParams(search);
    const wrong = [];
    this.#values = {};
    const said = given.get("v");
    if (said !== null && said !== version) {
      return [`This link is of version ${said.slice(0, 20)} of the page, which knows version ${version}. The defaults are shown.`];
    }
    for (const [key, value] of given) {
      if (key === "v" || value === "") continue;
      const short = value.length > 40 ? value.slice(0, 40) + "…" : value;
      const rule = this.#rules[key];
      const trouble = !rule ? "is not known" : value.length > longestValue ? `is longer than ${longestValue} characters` : rule(value);
      if (trouble) wrong.push(`${key.slice(0, 40)} in this link, “${short}”, ${trouble}; ${rule ? "its default is shown" : "it is left out"}.`);
      else this.#values[key] = value;
    }
    return wrong;
  }
}
