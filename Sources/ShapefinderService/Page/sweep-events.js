// Streams a sweep's progress; when the stream breaks, the browser reconnects with the number of the last event.

/** Delay before a closed stream reopens, in ms. */
const pause = 5000;

export class SweepEvents {
  #source = null;
  #timer = 0;
  #id;
  #heard;

  /** `heard`: progress(event), end(event), lost() and found(). */
  constructor(id, heard) {
    this.#id = id;
    this.#heard = heard;
    this.#open();
  }

  stop() {
    clearTimeout(this.#timer);
    this.#source.close();
  }

  #open() {
    const source = new EventSource(`/v1/sweeps/events?id=${this.#id}`);
    this.#source = source;
    source.addEventListener("open", () => this.#heard.found());
    source.addEventListener("progress", ({ data }) => this.#heard.progress(JSON.parse(data)));
    source.addEventListener("end", ({ data }) => {
      this.stop();
      this.#heard.end(JSON.parse(data));
    });
    source.addEventListener("error", () => {
      this.#heard.lost();
      if (source.readyState === EventSource.CLOSED) this.#timer = setTimeout(() => this.#open(), pause);
    });
  }
}
