// Paints a panel's cells on a canvas, for large maps.

let hatch = null;

/** The SVG's hatch as a tile of 4 x 4 pixels. */
function pattern(context) {
  if (!hatch) {
    hatch = new OffscreenCanvas(4, 4);
    const tile = hatch.getContext("2d");
    tile.fillStyle = "rgba(255, 255, 255, 0.55)";
    tile.fillRect(0, 0, 4, 4);
    tile.strokeStyle = "#111";
    tile.lineWidth = 1.4;
    for (const shift of [-4, 0, 4]) {
      tile.beginPath();
      tile.moveTo(shift - 1, 5);
      tile.lineTo(shift + 5, -1);
      tile.stroke();
    }
  }
  return context.createPattern(hatch, "repeat");
}

export function paintCanvas(canvas, { fills, hatched }, cell, plot) {
  const density = Math.max(1, Math.round(window.devicePixelRatio || 1));
  canvas.width = plot.width * density;
  canvas.height = plot.height * density;
  const context = canvas.getContext("2d");
  context.scale(density, density);
  const rectangles = (list) => {
    for (let at = 0; at < list.length; at += 3) {
      context.fillRect(list[at] * cell.width, list[at + 1] * cell.height, cell.width, list[at + 2] * cell.height);
    }
  };
  const absent = getComputedStyle(canvas).getPropertyValue("--absent").trim();
  for (const [fill, list] of fills) {
    context.fillStyle = fill === "absent" ? absent : fill;
    rectangles(list);
  }
  context.fillStyle = pattern(context);
  rectangles(hatched);
}
