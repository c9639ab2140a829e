// Draws over a panel's cells: evidence, marks and the frame of the open cell.

import { s } from "./dom.js";

const leastOpened = 13;

const centreIn = (cell) => (i, j) => [i * cell.width + cell.width / 2, j * cell.height + cell.height / 2];

/** Circles as one path. */
function circles(centres, r) {
  return centres.map(([x, y]) => `M${x - r} ${y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0z`).join("");
}

/** A ring for each compiled cell, a dot for each measured cell. */
export function evidence(model, panel, { cell }) {
  const centre = centreIn(cell);
  const places = (rows) => [...rows].map((row) => model.placeOfRow(panel, row)).filter(Boolean).map((place) => centre(...place));
  const compiled = places(model.compiled), measured = places(model.measured);
  const named = model.marks.map((one) => model.placeOn(panel, one)).filter(Boolean).map((place) => centre(...place).join());
  // Many signs in small cells must not overlap.
  const least = Math.min(cell.width, cell.height), isDense = compiled.length + measured.length > 40;
  const ring = isDense ? Math.max(1.5, Math.min(3, least / 2 - 0.7)) : 3, dot = isDense ? Math.max(0.9, Math.min(1.8, least / 4)) : 1.8;
  // A named shape's own mark fits inside the larger ring.
  const isNamed = (place) => named.includes(place.join());
  const rings = compiled.length ? circles(compiled.filter((place) => !isNamed(place)), ring) + circles(compiled.filter(isNamed), 6.5) : null;
  return [
    rings && s("path", { class: isDense ? "halo dense" : "halo", d: rings }),
    rings && s("path", { class: isDense ? "compiled dense" : "compiled", "data-testid": "compiled", "data-count": compiled.length, d: rings }),
    measured.length && s("path", { class: "measured", "data-testid": "measured", "data-count": measured.length, d: circles(measured, dot) }),
  ].filter(Boolean);
}

/** A ring and a letter, which is on its left near the right edge. */
function mark({ name, label }, [x, y], right) {
  const isLeft = x > right - 24;
  return s("g", { class: "mark", "data-testid": `mark-${name}`, "data-name": name },
    s("circle", { cx: x, cy: y, r: 3.5 }),
    s("text", { x: x + (isLeft ? -9 : 9), y: y + 5, "text-anchor": isLeft ? "end" : "start" }, label),
    s("title", {}, name));
}

function frame([x, y], cell) {
  const width = Math.max(leastOpened, cell.width), height = Math.max(leastOpened, cell.height);
  return s("rect", { class: "opened", x: x - width / 2, y: y - height / 2, width, height, rx: 2 });
}

export function over(model, panel, { cell, plot }, opened) {
  const centre = centreIn(cell);
  const marks = model.marks.map((one) => [one, model.placeOn(panel, one)]).filter(([, place]) => place);
  return [
    ...marks.map(([one, place]) => mark(one, centre(...place), plot.width)),
    ...(opened ? [frame(centre(...opened), cell)] : []),
  ];
}
