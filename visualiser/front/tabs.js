/** Tabs, as the ARIA patterns have them: arrow keys move, one tab is in the order of the Tab key. */
import { freshId, h } from "./html.js";

export class Tabs {
  /**
   * @param {HTMLElement} root
   * @param {Record<string, string>} names keys and what the tabs are called
   * @param {(key: string) => void} onChoose
   */
  constructor(root, names, onChoose) {
    this.onChoose = onChoose;
    this.keys = Object.keys(names);
    this.tabs = {};
    this.panels = {};
    for (const [key, text] of Object.entries(names)) {
      const [tab, panel] = [freshId("tab"), freshId("panel")];
      this.tabs[key] = h("button", { type: "button", role: "tab", id: tab, "aria-controls": panel, class: "tg-tab", onclick: () => this.choose(key) }, text);
      this.panels[key] = h("div", { role: "tabpanel", id: panel, "aria-labelledby": tab, tabindex: "0", class: `tg-panel tg-panel--${key}` });
    }
    const list = h("div", { role: "tablist", class: "tg-tabs", "aria-label": "Panels", onkeydown: (event) => this.#key(event) }, ...Object.values(this.tabs));
    root.replaceChildren(list, ...Object.values(this.panels));
    this.#mark(this.keys[0]);
  }

  /** The element of a panel. */
  panel(key) {
    return this.panels[key];
  }

  /** Bring a panel to the front. */
  choose(key) {
    if (this.now === key) return;
    this.#mark(key);
    this.onChoose(key);
  }

  #mark(key) {
    this.now = key;
    for (const name of this.keys) {
      const here = name === key;
      this.tabs[name].setAttribute("aria-selected", String(here));
      this.tabs[name].tabIndex = here ? 0 : -1;
      this.panels[name].hidden = !here;
    }
  }

  #key(event) {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!by) return;
    event.preventDefault();
    const next = this.keys[(this.keys.indexOf(this.now) + by + this.keys.length) % this.keys.length];
    this.choose(next);
    this.tabs[next].focus();
  }
}
