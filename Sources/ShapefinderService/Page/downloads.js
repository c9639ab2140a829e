// Builds the map's download links and copy buttons.

import { h } from "./dom.js";
import { address } from "./api.js";
import { copies } from "./copy.js";

export function mapFoot(answer, parameters) {
  const link = (format, title) => h("a", {
    href: address("map", { ...parameters, ...(format ? { format } : {}) }), download: `shapefinder-map.${format ?? "json"}`, "data-testid": `download-${format ?? "json"}`,
  }, title);
  return [
    copies(answer, "map"),
    h("p", { class: "downloads" }, "Download ", link("svg", "SVG"), " ", link("csv", "CSV"), " ", link(null, "JSON"), " ", link("ndjson", "NDJSON")),
  ];
}
