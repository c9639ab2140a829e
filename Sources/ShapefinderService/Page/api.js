// Sends requests to the service and converts failures to errors.

import { askToken, keptToken } from "./token.js";

/** An error response of the service. */
export class Problem extends Error {
  constructor(status, body) {
    super(body.detail ?? body.title ?? `The service answered ${status}.`);
    this.status = status;
    this.key = body.key ?? null;
    this.value = body.value ?? null;
  }
}

/** No response: the service has stopped, or the network is down. */
export class NoAnswer extends Error {
  constructor() {
    super("The service does not answer. Is it still running?");
  }
}

/** Characters that a query may contain and that read better unescaped. */
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

/** The response; if the service requires a token, asks the user for it and repeats the request. */
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

/** The answer, and the command that prints it. */
export async function ask(path, parameters, { signal, accept = "application/json" } = {}) {
  const url = address(path, parameters), response = await respond(url, { signal, headers: { Accept: accept } });
  return {
    url,
    command: response.headers.get("Shapefinder-Command"),
    remark: response.headers.get("Shapefinder-Remark"),
    body: await read(response, accept),
  };
}

/** The answer to a change: POST with a body, DELETE without one. */
export async function send(method, path, parameters, body = null) {
  const headers = { Accept: "application/json", ...(body ? { "Content-Type": "application/json" } : {}) };
  return read(await respond(address(path, parameters), { method, headers, body: body && JSON.stringify(body) }), headers.Accept);
}

/** The newest of several requests: each one cancels the previous one. */
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
