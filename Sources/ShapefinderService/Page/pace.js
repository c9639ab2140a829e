// Estimates the time left from recent counts: over `window` seconds and `fewest` configurations at least.

const window = 30;
const fewest = 8;

export class Pace {
  #points = [];

  /** Records a count at a time in seconds. */
  take(done, now = performance.now() / 1000) {
    const last = this.#points.at(-1);
    if (last && done < last.done) this.#points = [];
    else if (last && done === last.done) return;
    this.#points.push({ done, now });
    while (this.#points.length > 2 && now - this.#points[1].now > window && done - this.#points[1].done >= fewest) this.#points.shift();
  }

  /** Seconds until `total` is done; null if unknown. */
  left(total, now = performance.now() / 1000) {
    const first = this.#points[0], last = this.#points.at(-1);
    if (!first || last.done <= first.done || last.now - first.now < 0.5) return null;
    const count = last.done - first.done, waited = now - last.now;
    let each = (last.now - first.now) / count;
    // The next one is overdue, so the pace is lower.
    if (waited > each) each = (now - first.now) / (count + 1);
    return Math.max(0, (total - last.done) * each - Math.min(waited, each));
  }
}
