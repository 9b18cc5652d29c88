/** Results mode: what a folder of results says, its pictures and its tables. The page asks, nothing is run. */
import { drawFound, drawHeader } from "./findings.js";
import { Gallery } from "./gallery.js";
import { h } from "./html.js";
import { asked, loading, reply } from "./results_parts.js";
import { TableBrowser } from "./table_browser.js";
import { Tabs } from "./tabs.js";

const TABS = { found: "Findings", pictures: "Pictures", tables: "Tables" };

export class ResultsPage {
  /** @param {HTMLElement} root @param {import("./results_parts.js").Ask} ask */
  constructor(root, ask) {
    this.ask = ask;
    this.header = h("header", { class: "tg-results__head" }, h("h1", {}, "Results"));
    const main = h("main");
    root.classList.add("tg", "tg-page", "tg-results");
    root.replaceChildren(this.header, main);
    this.tabs = new Tabs(main, TABS, () => {});
    this.ready = Promise.all([this.#about(), this.#tables(), this.#pictures(), this.#found()]);
  }

  /** Let go of what the browser holds for the page. */
  destroy() {
    this.gallery?.destroy();
    this.browser?.destroy();
  }

  async #about() {
    const { content } = await reply(this.ask, { kind: "about" });
    if (content.kind === "about") drawHeader(this.header, content);
  }

  async #found() {
    const panel = this.tabs.panel("found");
    panel.replaceChildren(loading("Reading what was found…"));
    const said = await asked(this.ask, { kind: "overview" }, panel);
    if (!said) return;
    panel.replaceChildren(drawFound(said));
  }

  async #pictures() {
    const panel = this.tabs.panel("pictures");
    panel.replaceChildren(loading("Looking for pictures…"));
    const said = await asked(this.ask, { kind: "pictures" }, panel);
    if (!said) return;
    this.tabs.tabs.pictures.textContent = `${TABS.pictures} (${said.pictures.length})`;
    this.gallery = new Gallery(panel, said.pictures, this.ask);
  }

  async #tables() {
    const panel = this.tabs.panel("tables");
    panel.replaceChildren(loading("Opening the tables…"));
    const said = await asked(this.ask, { kind: "tables" }, panel);
    if (!said) return;
    this.tabs.tabs.tables.textContent = `${TABS.tables} (${said.tables.length})`;
    this.browser = new TableBrowser(panel, said.tables, this.ask);
  }
}
