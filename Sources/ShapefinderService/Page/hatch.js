// Defines the hatch pattern.

import { s } from "./dom.js";

export function hatchPattern(id) {
  return s("pattern", { id, width: 4, height: 4, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
    s("rect", { width: 4, height: 4, fill: "#fff", "fill-opacity": 0.55 }),
    s("rect", { width: 2, height: 4, fill: "#111" }));
}
