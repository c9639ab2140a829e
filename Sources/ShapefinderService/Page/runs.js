// Merges a panel's cells into rectangles: runs of depths by colour, and hatched runs.

export function runs(model, panel) {
  const fills = new Map(), hatched = [];
  const depths = model.depths.length;
  for (let i = 0; i < model.widths.length; i += 1) {
    let start = 0, look = model.look(model.at(panel, i, 0));
    const close = (end) => {
      if (look.fill) {
        if (!fills.has(look.fill)) fills.set(look.fill, []);
        fills.get(look.fill).push(i, start, end - start);
      }
      if (look.isHatched) hatched.push(i, start, end - start);
    };
    for (let j = 1; j < depths; j += 1) {
      const next = model.look(model.at(panel, i, j));
      if (next.fill === look.fill && next.isHatched === look.isHatched) continue;
      close(j);
      start = j;
      look = next;
    }
    close(depths);
  }
  return { fills, hatched };
}
