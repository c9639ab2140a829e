// What stands over a panel's cells: evidence, marks, the opened cell.

import { s } from "./dom.js";

const leastOpened = 13;

function evidence(model, panel, centre) {
  const nodes = [];
  if (!model.hasCompiled && !model.hasMeasured) return nodes;
  const { compiled, disturbed, measured } = model.columns;
  for (let i = 0; i < model.widths.length; i += 1) {
    for (let j = 0; j < model.depths.length; j += 1) {
      const row = model.at(panel, i, j);
      if (row < 0) continue;
      const [cx, cy] = centre(i, j);
      if (compiled[row]) nodes.push(s("circle", { class: "halo", cx, cy, r: 3 }), s("circle", { class: "compiled", cx, cy, r: 3 }));
      if (disturbed[row] || measured?.[row]) nodes.push(s("circle", { class: "measured", cx, cy, r: 1.8 }));
    }
  }
  return nodes;
}

/** A ring and a letter, to the left of the ring at the right edge. */
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
  const centre = (i, j) => [i * cell.width + cell.width / 2, j * cell.height + cell.height / 2];
  const marks = model.marks.map((one) => [one, model.placeOn(panel, one)]).filter(([, place]) => place);
  return [
    ...evidence(model, panel, centre),
    ...marks.map(([one, place]) => mark(one, centre(...place), plot.width)),
    ...(opened ? [frame(centre(...opened), cell)] : []),
  ];
}
