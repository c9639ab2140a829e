// A sweep's question, and the map that it is of.

import { axisKeys } from "./state.js";
import { keptToken } from "./token.js";

/** The body that asks for a sweep over a map's question. */
export function sweepBody(kind, parameters, memory) {
  const given = Object.entries(parameters).filter(([, value]) => value !== null && value !== "");
  return { kind, ...Object.fromEntries(given), ...(memory ? { memory: true } : {}) };
}

/** The call that asks for it; a token stands in it by the name of its variable alone. */
export function sweepCall(body) {
  const token = keptToken() === null ? "" : ' -H "Authorization: Bearer $SHAPEFINDER_TOKEN"';
  return `curl${token} -H 'Content-Type: application/json' -d '${JSON.stringify(body).replace(/'/g, "'\\''")}' '${new URL("/v1/sweeps", location.href).href}'`;
}

/** What two questions have in common where they are the same: nothing of an axis that is the grid's own anyway. */
export function questionText(parameters, catalog) {
  const { axes } = catalog.grids.get(parameters.grid), plain = (text) => text.replace(/\s/g, "");
  return JSON.stringify(Object.entries(parameters)
    .filter(([key, value]) => value !== null && value !== "" && !(key in axes && (value === "all" || plain(String(value)) === plain(String(axes[key])))))
    .map(([key, value]) => [key, plain(String(value))]).sort());
}

/** The words of a command line as a shell reads them. */
function words(command) {
  const list = [];
  for (const [, plain] of command.matchAll(/((?:'[^']*'|\\.|[^\s'\\])+)/g)) list.push(plain.replace(/'([^']*)'|\\(.)/g, (_, quoted, one) => quoted ?? one));
  return list;
}

const keyOf = (option) => option.slice(2).replace(/-([a-z])/g, (_, letter) => letter.toUpperCase());

/** What the page's state is for the map of a sweep; null where the page has no such map. */
export function sweepState({ kind, command }, catalog) {
  const given = { grid: null }, list = words(command).slice(2);
  for (let at = 0; at < list.length; at += 1) {
    if (!list[at].startsWith("--")) given.grid = list[at];
    else if (list[at] !== "--memory") given[keyOf(list[at])] = list[(at += 1)];
  }
  const grid = catalog.grids.get(given.grid);
  if (!grid || Object.values(given).some((value) => !value || value.length > 100)) return null;
  // All of a large grid: it would open with some of its panels.
  for (const key of Object.keys(catalog.openingAxes(grid))) given[key] ??= "all";
  if (kind === "measure") given.device ??= catalog.host;
  if (given.grid === catalog.defaultGrid) delete given.grid;
  const known = new Set(["grid", ...axisKeys, ...catalog.options.keys()]);
  return Object.keys(given).every((key) => known.has(key)) ? given : null;
}
