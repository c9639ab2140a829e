// Defines the settings' colours, those of the command line's drawing (after Okabe and Ito), shaded by speed.

const hues = [
  ["8A5000", "E08A00", "FFC766"],
  ["00694A", "009E73", "7FDBB9"],
  ["1B4F91", "1F77C4", "A6D3F7"],
  ["7D3562", "CC79A7", "EDB7D3"],
  ["8C3300", "D55E00", "FFB78A"],
  ["6B6400", "C9BD1A", "E6DC6E"],
].map((hue) => hue.map((text) => [0, 2, 4].map((at) => parseInt(text.slice(at, at + 2), 16))));

export const levels = 9;
export const middle = 5;
const half = Math.floor(levels / 2);

function mixed(a, b, part) {
  const mix = a.map((value, index) => Math.round(value + ((b[index] - value) * part) / half));
  return "#" + mix.map((value) => value.toString(16).padStart(2, "0")).join("");
}

const shades = hues.map(([dark, middle, light]) =>
  Array.from({ length: levels }, (_, step) =>
    step <= half ? mixed(dark, middle, step) : mixed(middle, light, step - half)));

/** The colour of a setting at a level from 1 (slow) to 9 (fast). */
export function shade(setting, level) {
  return shades[Math.min(setting, hues.length - 1)][level - 1];
}
