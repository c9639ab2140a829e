// Questions to the service, and what went wrong with them.

/** A refusal of the service, in its own words. */
export class Problem extends Error {
  constructor(status, body) {
    super(body.detail ?? body.title ?? `The service answered ${status}.`);
    this.status = status;
    this.key = body.key ?? null;
    this.value = body.value ?? null;
  }
}

/** Characters that read better as they are, and may stand in a query. */
const plain = { "%2F": "/", "%2C": ",", "%20": "+", "%3A": ":" };

export function query(parameters) {
  return Object.entries(parameters)
    .filter(([, value]) => value !== null && value !== undefined && value !== "")
    .map(([key, value]) => `${key}=${encodeURIComponent(value).replace(/%(2F|2C|20|3A)/g, (code) => plain[code])}`)
    .join("&");
}

export function address(path, parameters = {}) {
  const text = query(parameters);
  return `/v1/${path}${text ? "?" + text : ""}`;
}

/** The answer with the command that prints the same. */
export async function ask(path, parameters, { signal, accept = "application/json" } = {}) {
  const url = address(path, parameters);
  let response;
  try {
    response = await fetch(url, { signal, headers: { Accept: accept } });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Error("The service does not answer. Is it still running?");
  }
  if (!response.ok) throw new Problem(response.status, await response.json().catch(() => ({})));
  return {
    url,
    command: response.headers.get("Shapefinder-Command"),
    remark: response.headers.get("Shapefinder-Remark"),
    body: accept === "text/plain" ? await response.text() : await response.json(),
  };
}

/** The newest of several questions: each one cancels the one before. */
export class Latest {
  #controller = null;

  next() {
    this.stop();
    this.#controller = new AbortController();
    return this.#controller.signal;
  }

  stop() {
    this.#controller?.abort();
  }
}
