// Starts the page.

import { Catalog } from "./catalog.js";
import { State } from "./state.js";
import { rules } from "./rules.js";
import { Page } from "./page.js";
import { message } from "./messages.js";

try {
  const catalog = await Catalog.load();
  const state = new State(rules(catalog));
  const wrong = state.read(location.search);
  const page = new Page(catalog, state);
  wrong.forEach((text, index) => message(text, `link-${index}`));
  page.start();
} catch (error) {
  message(`The page could not start: ${error.message}`, "start");
}
