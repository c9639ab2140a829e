// Merges neighbouring events into columns that keep the largest, so that no peak is lost.

/** `before` and `live`: bytes before and after rematerialization. */
export function columns(rows, most) {
  const count = Math.min(most, rows.length), list = [];
  for (let index = 0; index < count; index += 1) {
    const from = Math.floor((index * rows.length) / count), through = Math.floor(((index + 1) * rows.length) / count);
    let largest = rows[from], live = -Infinity;
    for (let at = from; at < through; at += 1) {
      if (rows[at].bytes > largest.bytes) largest = rows[at];
      live = Math.max(live, rows[at].rematerializedBytes ?? rows[at].bytes);
    }
    list.push({ before: largest.bytes, live, phase: largest.phase });
  }
  return list;
}

/** Stretches of columns of one phase. */
export function stretches(list) {
  const found = [];
  list.forEach(({ phase }, index) => {
    const last = found[found.length - 1];
    if (last?.phase === phase) last.end = index + 1;
    else found.push({ phase, start: index, end: index + 1 });
  });
  return found;
}

/** One name per phase under its longest stretch, without overlaps; `width` and positions are in columns. */
export function labels(list, width) {
  const longest = new Map();
  for (const stretch of stretches(list)) {
    const known = longest.get(stretch.phase);
    if (!known || stretch.end - stretch.start > known.end - known.start) longest.set(stretch.phase, stretch);
  }
  const names = [...longest.values()].sort((a, b) => a.start - b.start)
    .map(({ phase, start, end }) => ({ phase, at: (start + end) / 2 - width / 2 }));
  let left = 0, right = list.length;
  for (const name of names) {
    name.at = Math.max(name.at, left);
    left = name.at + width;
  }
  for (const name of names.reverse()) {
    name.at = Math.min(name.at, right - width);
    right = name.at;
  }
  return names.reverse();
}
