// Builds the page's questions: the map of a state, and one shape in a setting of that map.

import { axisKeys } from "./state.js";
import { first } from "./axis-text.js";

/** Parameters of the map. */
export function mapQuestion(state, catalog) {
  const grid = catalog.grids.get(state.get("grid") ?? catalog.defaultGrid), opening = catalog.openingAxes(grid);
  const parameters = { grid: grid.name };
  for (const key of axisKeys) parameters[key] = state.get(key) ?? opening[key] ?? null;
  for (const key of catalog.options.keys()) parameters[key] = state.get(key);
  return parameters;
}

/** Parameters of one shape, without default values. */
export function shapeQuestion(shape, setting, place, catalog) {
  const parameters = catalog.shapes.parameters(shape);
  for (const [key, value] of Object.entries({ ...setting.set, ...place })) {
    if (value !== null && value !== undefined && value !== catalog.options.get(key)?.default) parameters[key] = value;
  }
  return parameters;
}

/** The same for a cell of a map, at its panel's batch and image size. */
export function cellQuestion({ shape, panel: { batch, imageSize } }, setting, catalog) {
  return shapeQuestion(shape, setting, { batch, imageSize }, catalog);
}

/** Batch and image size of a shape that is not on the map. */
export function placeOutside(model, state, catalog) {
  const grid = catalog.grids.get(state.get("grid") ?? catalog.defaultGrid);
  return Object.fromEntries(["batch", "imageSize"].map((key) => [
    key, Number(first(state.get(key) ?? "")) || model.panels[0]?.[key] || Number(first(grid.axes[key])),
  ]));
}
