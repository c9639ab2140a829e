// Converts shapes between names, numbers and text.

const keys = ["width", "depth", "mlpWidth", "heads", "patch"];
const pattern = /^(\d{1,9})x(\d{1,9})x(\d{1,9})h(\d{1,9})p(\d{1,9})$/;

export const shapeKeys = keys;

/** `1664x48x8192h16p14`. */
export function shapeText(shape) {
  return `${shape.width}x${shape.depth}x${shape.mlpWidth}h${shape.heads}p${shape.patch}`;
}

export function parseShape(text) {
  const found = text.match(pattern);
  return found && Object.fromEntries(keys.map((key, index) => [key, Number(found[index + 1])]));
}

export function sameShape(a, b) {
  return keys.every((key) => a[key] === b[key]);
}

/** Published shapes by name and by text. */
export class ShapeNames {
  constructor(shapes) {
    this.shapes = shapes;
    this.byText = new Map(shapes.map((shape) => [shapeText(shape), shape.name]));
    this.byName = new Map(shapes.map((shape) => [shape.name, shape]));
  }

  /** The name if there is one, else the numbers. */
  text(shape) {
    const text = shapeText(shape);
    return this.byText.get(text) ?? text;
  }

  find(text) {
    return this.byName.get(text) ?? parseShape(text);
  }

  /** The parameters that request a shape. */
  parameters(shape) {
    const name = this.byText.get(shapeText(shape));
    return name ? { shape: name } : Object.fromEntries(keys.map((key) => [key, shape[key]]));
  }
}
