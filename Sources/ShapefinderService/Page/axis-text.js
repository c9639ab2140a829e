// Parses axes as the command line writes them: "8, 16, 32", "512..2560 by 64", "4x".

const item = /^(\d+(?:\.\d+)?)(x?)$/;
const range = /^(\d+(?:\.\d+)?)(x?)\.\.(\d+(?:\.\d+)?)(x?)(?: by (\d+(?:\.\d+)?)(x?))?$/;

/** The single values as text; null if the page cannot list them. */
export function values(text, most = 24) {
  const found = text.match(range);
  if (found) {
    const [, from, suffix, through, , by] = found;
    const step = Number(by ?? 1), count = Math.floor((Number(through) - Number(from)) / step + 1e-9) + 1;
    if (!(count > 0 && count <= most)) return null;
    return Array.from({ length: count }, (_, index) => `${Number(from) + index * step}${suffix}`);
  }
  const parts = text.split(/\s*,\s*/);
  return parts.length <= most && parts.every((part) => item.test(part) || /^width\/\d+$/.test(part)) ? parts : null;
}

/** The first number of an axis. */
export function first(text) {
  return text.match(/\d+/)?.[0] ?? "";
}
