// Shows the bytes by part: a bar against the limit, and a table that adds up.

import { h, s, bytesNode } from "./dom.js";
import { bytes, percent } from "./format.js";
import { hatchPattern } from "./hatch.js";

/** The parts in order: persistent, temporary, fragmentation. */
function parts(memory) {
  const list = [];
  const add = (name, count, look) => count !== null && count !== undefined && list.push({ name, count, look });
  if (memory.parameters !== null || memory.optimizerState !== null) {
    add("parameters", memory.parameters, "part-1");
    add("optimizer state", memory.optimizerState, "part-2");
    add("inputs", memory.inputs, "part-3");
  } else add("arguments", memory.arguments, "part-1");
  const isSplit = memory.activations !== null || memory.gradients !== null || memory.workspace !== null;
  if (isSplit) {
    add("activations", memory.activations, "part-4");
    add("gradients", memory.gradients, "part-5");
    add("workspace", memory.workspace, "part-6");
  } else add("temporaries", memory.temporaries, "part-4");
  if (memory.activations !== null || memory.temporaries === null) add("fragmentation", memory.packing, "part-7");
  const rest = memory.total - list.reduce((sum, part) => sum + part.count, 0);
  if (list.length && Math.abs(rest) > memory.limit / 1000) add(rest < 0 ? "recomputed instead" : "other", rest, "part-7");
  return list;
}

function bar(memory, list) {
  const width = 400, scale = width / Math.max(memory.total, memory.limit, 1);
  let x = 0;
  const rects = list.filter((part) => part.count > 0).map((part) => {
    const node = s("rect", { class: part.look, x, y: 6, width: Math.max(0.5, part.count * scale), height: 22 }, s("title", {}, `${part.name}: ${bytes(part.count)}`));
    x += part.count * scale;
    return node;
  });
  const limit = memory.limit * scale, padding = (memory.paddingWaste ?? 0) * scale;
  const label = list.map((part) => `${part.name} ${bytes(part.count)}`).join(", ");
  return s("svg", { class: "byte-bar", viewBox: `0 0 ${width} 34`, preserveAspectRatio: "none", role: "img", "aria-label": `${label}; limit ${bytes(memory.limit)}` },
    s("defs", {}, hatchPattern("hatch-padding")),
    s("rect", { class: "room", x: 0, y: 6, width: limit, height: 22 }),
    ...rects,
    padding > 0 && s("rect", { x: Math.max(0, memory.total * scale - padding), y: 6, width: padding, height: 22, fill: "url(#hatch-padding)" }, s("title", {}, `tile padding: ${bytes(memory.paddingWaste)}`)),
    memory.total > memory.limit && s("rect", { class: "beyond", x: limit, y: 6, width: (memory.total - memory.limit) * scale, height: 22 }),
    s("line", { class: "limit", x1: Math.min(limit, width - 0.75), x2: Math.min(limit, width - 0.75), y1: 0, y2: 34 }));
}

export function byteBar(memory) {
  const list = parts(memory), room = memory.limit - memory.total;
  const row = (look, name, count, kind = "") => h("tr", { class: kind },
    h("th", { scope: "row" }, look && h("span", { class: `key ${look}`, "aria-hidden": "true" }), name),
    h("td", {}, bytesNode(bytes(count), count)), h("td", { class: "share" }, percent(count / memory.limit)));
  return h("div", {}, bar(memory, list),
    h("table", { class: "parts" },
      h("caption", { class: "offscreen" }, "Bytes by part, and their share of the limit"),
      h("thead", { class: "offscreen" }, h("tr", {}, h("th", { scope: "col" }, "part"), h("th", { scope: "col" }, "bytes"), h("th", { scope: "col" }, "of the limit"))),
      h("tbody", {}, ...list.map((part) => row(part.look, part.name, part.count)),
        row(null, "total", memory.total, "sum"),
        row(null, room < 0 ? "over the limit" : "headroom", Math.abs(room), room < 0 ? "over" : ""),
        memory.paddingWaste > 0 && row("part-padding", "tile padding in the parts", memory.paddingWaste, "of-it"))));
}
