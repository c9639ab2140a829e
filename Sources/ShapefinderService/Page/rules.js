// Derives the rules for the values in a link from the service's lists.

import { axisKeys } from "./state.js";

const number = /^\d{1,13}$/;

export function rules(catalog) {
  const list = {};
  list.grid = (value) => (catalog.grids.has(value) ? null : `is none of the grids ${[...catalog.grids.keys()].join(", ")}`);
  for (const key of axisKeys) list[key] = (value) => (/^[\d\w.,/ ]+$/.test(value) ? null : "is no axis");
  for (const option of catalog.options.values()) {
    const { key, values, least, most } = option;
    list[key] = (value) => {
      if (values) return key === "device" || values.some((item) => item.value === value) ? null : `is none of ${values.map((item) => item.value).join(", ")}`;
      if (key === "batch" || key === "imageSize") return /^[\d., ]+( by \d+)?$/.test(value) ? null : "is no number";
      if (typeof option.default !== "number") return null;
      if (!number.test(value)) return "is no number";
      return Number(value) < (least ?? 0) ? `is below ${least}` : Number(value) > (most ?? Infinity) ? `is above ${most}` : null;
    };
  }
  list.open = (value) => (catalog.shapes.find(value) ? null : "is no shape");
  list.at = (value) => (/^\d+x\d+$/.test(value) ? null : "is no batch and image size");
  list.setting = (value) => (/^[0-5]$/.test(value) ? null : "is no setting");
  return list;
}
