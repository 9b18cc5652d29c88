import { h } from "./html.js";
import { icon } from "./marks.js";
import { ARMS, count } from "./words.js";

const word = (text) => h("span", { class: "tg-hidden net-word" }, text);

/** The shapes, colours and counts of both worlds. */
export class Legend {
  /** @param {{label: string, colour: string, shape: string}[]} states of the menu */
  constructor(states) {
    this.counts = states.map(() => ARMS.map((_, arm) => h("span", { class: `net-count net-count-${arm}` }, "–")));
    const items = states.map((state, i) => this.#item(state, this.counts[i]));
    const key = (mark, text) =>
      h("span", { class: "net-key" }, h("span", { class: `net-key-${mark}`, "aria-hidden": "true" }), text);
    items.push(h("li", { class: "net-keys" }, key("provider", "Provider"), key("charity", "Charity")));
    const name = "What the marks mean, and how many people in each world";
    this.element = h("ul", { class: "net-legend", "aria-label": name }, ...items);
  }

  #item(state, [base, reform]) {
    const both = h("span", { class: "net-counts" }, word("base"), base, word("reform"), reform);
    const mark = h("span", { class: "net-icon" }, icon(state, 16));
    return h("li", { class: "net-state" }, mark, h("span", { class: "net-label" }, state.label), both);
  }

  /** @param {{tallies: number[]}[]} scenes base first */
  update(scenes) {
    this.counts.forEach((pair, state) =>
      pair.forEach((element, arm) => {
        element.textContent = count(scenes[arm].tallies[state]);
      }),
    );
  }
}
