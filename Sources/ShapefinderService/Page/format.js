// Formats numbers as the command line does.

const units = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

export function grouped(count) {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** `14.10 GiB`, `712 B`. */
export function bytes(count) {
  let value = Math.abs(count);
  if (value < 1024) return `${count} B`;
  let unit = -1;
  while (value >= 1023.995 && unit + 1 < units.length) {
    value /= 1024;
    unit += 1;
  }
  return (count < 0 ? "-" : "") + fixed(value, 2) + " " + units[unit];
}

/** `14.10 of 15.48 GiB`; both units if they differ. */
export function ratio(part, whole) {
  const a = bytes(part).split(" "), b = bytes(whole).split(" ");
  return a[1] === b[1] ? `${a[0]} of ${b.join(" ")}` : `${a.join(" ")} of ${b.join(" ")}`;
}

/** Rounds half away from zero, as the command line does. */
export function fixed(value, digits) {
  const scale = 10 ** digits, whole = Math.round(Math.abs(value) * scale);
  const text = String(whole).padStart(digits + 1, "0");
  const sign = value < 0 && whole > 0 ? "-" : "";
  return digits ? `${sign}${text.slice(0, -digits)}.${text.slice(-digits)}` : sign + text;
}

export function percent(fraction) {
  return fixed(fraction * 100, 1) + " %";
}

/** `+1.4 %`; from ten times on, `10 times`. */
export function relative(fraction) {
  if (fraction === null) return "–";
  if (Math.abs(fraction) < 0.0005) return "the same";
  if (fraction >= 9) return `${grouped(Math.round(fraction + 1))} times`;
  return (fraction < 0 ? "" : "+") + percent(fraction);
}

/** Three significant digits: `1.25 s`, `645 ms`. */
export function seconds(value) {
  const [scaled, unit] = value >= 1 ? [value, "s"] : value >= 1e-3 ? [value * 1e3, "ms"] : [value * 1e6, "µs"];
  return fixed(scaled, scaled >= 100 ? 0 : scaled >= 10 ? 1 : 2) + " " + unit;
}

/** `12 cells`, `1 cell`. */
export function counted(count, thing) {
  return `${grouped(count)} ${thing}${count === 1 ? "" : "s"}`;
}

/** `0:07`, `1:02:07`. */
export function clock(value) {
  const whole = Math.round(value), two = (part) => String(part).padStart(2, "0");
  const hours = Math.floor(whole / 3600), minutes = Math.floor(whole / 60) % 60;
  return hours ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

/** `just now`, `3 minutes ago`, `2 days ago`. */
export function age(time, now = Date.now()) {
  const value = (now - Date.parse(time)) / 1000;
  if (!(value >= 60)) return "just now";
  const [size, unit] = [[86400 * 365, "year"], [86400 * 30, "month"], [86400, "day"], [3600, "hour"], [60, "minute"]].find(([size]) => value >= size);
  return `${counted(Math.floor(value / size), unit)} ago`;
}

/** `345 ms a step, 23.2 images/s a core`. */
export function speed(result, unit) {
  if (result.stepSeconds === null) return null;
  const rate = result.imagesPerSecond === null ? "" : `, ${fixed(result.imagesPerSecond, 1)} ${unit}`;
  return `${seconds(result.stepSeconds)} a step${rate}`;
}

/** `1930 M`, `85.6 M`, `7.1 M`, `22,000`. */
export function parameterCount(count) {
  const value = count / 1e6;
  return value < 0.1 ? grouped(count) : fixed(value, value >= 100 ? 0 : 1) + " M";
}
