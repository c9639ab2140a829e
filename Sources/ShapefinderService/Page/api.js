// Questions to the service, and what went wrong with them.

import { askToken, keptToken } from "./token.js";

/** A refusal of the service, in its own words. */
export class Problem extends Error {
  constructor(status, body) {
    super(body.detail ?? body.title ?? `The service answered ${status}.`);
    this.status = status;
    this.key = body.key ?? null;
    this.value = body.value ?? null;
  }
}

/** No answer at all: the service has stopped, or the network has. */
export class NoAnswer extends Error {
  constructor() {
    super("The service does not answer. Is it still running?");
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

/** The response; where the service wants its token, it is asked for and the request is made again. */
async function respond(url, { headers, ...options }) {
  for (;;) {
    const token = keptToken();
    let response;
    try {
      response = await fetch(url, { ...options, headers: token === null ? headers : { ...headers, Authorization: `Bearer ${token}` } });
    } catch (error) {
      if (error.name === "AbortError") throw error;
      throw new NoAnswer();
    }
    if (response.ok) return response;
    const wantsToken = response.status === 401 && /^bearer/i.test(response.headers.get("WWW-Authenticate") ?? "");
    if (wantsToken && (await askToken(token))) continue;
    throw new Problem(response.status, await response.json().catch(() => ({})));
  }
}

async function read(response, accept) {
  try {
    return accept === "text/plain" ? await response.text() : await response.json();
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new NoAnswer();
  }
}

/** The answer with the command that prints the same. */
export async function ask(path, parameters, { signal, accept = "application/json" } = {}) {
  const url = address(path, parameters), response = await respond(url, { signal, headers: { Accept: accept } });
  return {
    url,
    command: response.headers.get("Shapefinder-Command"),
    remark: response.headers.get("Shapefinder-Remark"),
    body: await read(response, accept),
  };
}

/** What comes of changing something: POST with a body, DELETE without. */
export async function send(method, path, parameters, body = null) {
  const headers = { Accept: "application/json", ...(body ? { "Content-Type": "application/json" } : {}) };
  return read(await respond(address(path, parameters), { method, headers, body: body && JSON.stringify(body) }), headers.Accept);
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
