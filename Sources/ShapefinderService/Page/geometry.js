// Lays out the panels and cells of a map, in whole pixels.

export const margin = { left: 42, top: 8, right: 14, bottom: 34 };
const gap = 14;

/** Sizes for a map of `panels` panels in a box `room` pixels wide and about `height` high. */
export function layout({ panels, widths, depths, room, height }) {
  const needed = margin.left + margin.right;
  const least = Math.max(168, Math.min(widths * 2, 300)) + needed;
  const most = Math.max(1, Math.min(panels, 6, Math.floor((room + gap) / (least + gap))));
  const across = evenly(panels, most);
  const rows = Math.ceil(panels / across);
  const width = Math.floor((room + gap) / across) - gap - needed;
  const tall = Math.max(rows > 2 ? 120 : 200, height / Math.min(rows, 2) - margin.top - margin.bottom - 20);
  const cell = {
    width: Math.min(64, Math.max(1, Math.floor(width / widths))),
    height: Math.min(40, Math.max(1, Math.floor(tall / depths))),
  };
  return { cell, plot: { width: cell.width * widths, height: cell.height * depths }, across };
}

/** `most` panels a row, or one fewer if that leaves fewer gaps in the last row. */
function evenly(panels, most) {
  const blanks = (across) => (panels % across ? across - (panels % across) : 0);
  return most > 2 && blanks(most - 1) < blanks(most) ? most - 1 : most;
}

const steps = [1, 2, 4, 5, 8, 10, 16, 20, 25, 32, 50, 64, 100, 128, 200, 256, 500, 512, 1000, 1024, 2000, 2048, 4096];
const decimals = [1, 2, 5, 10, 20, 25, 50, 100, 200, 500, 1000, 2000];

/** Indices of the round values of an axis that are at least `cells` apart. */
export function ticks(values, cells, isDecimal) {
  const all = values.map((_, index) => index);
  if (cells <= 1) return all;
  for (const step of isDecimal ? decimals : steps) {
    const places = all.filter((index) => values[index] % step === 0);
    if (places.length > 1 && places.every((place, index) => !index || place - places[index - 1] >= cells)) return places;
  }
  return values.length > cells ? [0, values.length - 1] : all.slice(0, 1);
}
