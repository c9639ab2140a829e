// Starts the page.

import { Catalog } from "./catalog.js";
import { State } from "./state.js";
import { rules } from "./rules.js";
import { Page } from "./page.js";
import { message } from "./messages.js";

try {
  const catalog = await Catalog.load();
  new Page(catalog, new State(rules(catalog))).start();
} catch (error) {
  message(`The page could not start: ${error.message}`, "start");
}
