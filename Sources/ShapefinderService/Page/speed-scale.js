// Divides the speeds of one setting into shades with equally many shapes each.

import { levels, middle } from "./palette.js";
import { fixed } from "./format.js";

export class SpeedScale {
  constructor(speeds) {
    const sorted = Float64Array.from(speeds).sort();
    this.thresholds = sorted.length ? Array.from({ length: levels }, (_, level) => sorted[Math.floor((level * sorted.length) / levels)]) : [];
    this.fastest = sorted.length ? sorted[sorted.length - 1] : null;
  }

  level(speed) {
    if (speed === null || !this.thresholds.length) return middle;
    let level = levels;
    while (level > 1 && this.thresholds[level - 1] > speed) level -= 1;
    return level;
  }

  /** `10 to 1718`; empty if no speed is known. */
  get range() {
    if (!this.thresholds.length) return "";
    const ends = [this.thresholds[0], this.fastest].map((speed) => fixed(speed, speed < 10 ? 1 : 0).replace(/\.0$/, ""));
    return ends[0] === ends[1] ? ends[0] : ends.join(" to ");
  }
}
