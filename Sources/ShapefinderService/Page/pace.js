// How long it may still take, from the counts of the last half minute.

const window = 30;

export class Pace {
  #points = [];

  /** Takes a count at a time in seconds. */
  take(done, now = performance.now() / 1000) {
    const last = this.#points.at(-1);
    if (last && done < last.done) this.#points = [];
    this.#points.push({ done, now });
    while (this.#points.length > 2 && now - this.#points[1].now > window) this.#points.shift();
  }

  /** Seconds until `total` is done; null before it is known. */
  left(total, now = performance.now() / 1000) {
    const first = this.#points[0], last = this.#points.at(-1);
    if (!first || last.done <= first.done || last.now - first.now < 0.5) return null;
    const rate = (last.done - first.done) / (last.now - first.now);
    return Math.max(0, (total - last.done) / rate - (now - last.now));
  }
}
