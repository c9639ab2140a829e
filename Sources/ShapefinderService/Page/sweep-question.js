// Converts between a sweep's question and a map's.

import { axisKeys } from "./state.js";
import { keptToken } from "./token.js";

/** The request body for a sweep over a map's question. */
export function sweepBody(kind, parameters, memory) {
  const given = Object.entries(parameters).filter(([, value]) => value !== null && value !== "");
  return { kind, ...Object.fromEntries(given), ...(memory ? { memory: true } : {}) };
}

/** The curl command for the request; it names the token's variable, not the token. */
export function sweepCall(body) {
  const token = keptToken() === null ? "" : ' -H "Authorization: Bearer $SHAPEFINDER_TOKEN"';
  return `curl${token} -H 'Content-Type: application/json' -d '${JSON.stringify(body).replace(/'/g, "'\\''")}' '${new URL("/v1/sweeps", location.href).href}'`;
}

/** A text that is equal for equal questions; it leaves out axes that are the grid's own. */
export function questionText(parameters, catalog) {
  const { axes } = catalog.grids.get(parameters.grid), plain = (text) => text.replace(/\s/g, "");
  return JSON.stringify(Object.entries(parameters)
    .filter(([key, value]) => value !== null && value !== "" && !(key in axes && (value === "all" || plain(String(value)) === plain(String(axes[key])))))
    .map(([key, value]) => [key, plain(String(value))]).sort());
}

/** Splits a command line into words, as a shell does. */
function words(command) {
  const list = [];
  for (const [, plain] of command.matchAll(/((?:'[^']*'|\\.|[^\s'\\])+)/g)) list.push(plain.replace(/'([^']*)'|\\(.)/g, (_, quoted, one) => quoted ?? one));
  return list;
}

const keyOf = (option) => option.slice(2).replace(/-([a-z])/g, (_, letter) => letter.toUpperCase());

/** The page's state for the map of a sweep; null if the page has no such map. */
export function sweepState({ kind, command }, catalog) {
  const given = { grid: null }, list = words(command).slice(2);
  for (let at = 0; at < list.length; at += 1) {
    if (!list[at].startsWith("--")) given.grid = list[at];
    else if (list[at] !== "--memory") given[keyOf(list[at])] = list[(at += 1)];
  }
  const grid = catalog.grids.get(given.grid);
  if (!grid || Object.values(given).some((value) => !value || value.length > 100)) return null;
  // By default, a large grid opens with only some of its panels.
  for (const key of Object.keys(catalog.openingAxes(grid))) given[key] ??= "all";
  if (kind === "measure") given.device ??= catalog.host;
  if (given.grid === catalog.defaultGrid) delete given.grid;
  const known = new Set(["grid", ...axisKeys, ...catalog.options.keys()]);
  return Object.keys(given).every((key) => known.has(key)) ? given : null;
}
