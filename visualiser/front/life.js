/** One person's life under two regimes: who it is, where the two lives part, timelines, events and ties. */
import { eventLists, scrollToFirst } from "./event_lists.js";
import { h } from "./html.js";
import { partingBox } from "./parting.js";
import { Ties } from "./ties.js";
import { Timelines } from "./timelines.js";

const NOBODY = "Click a person in either network, or enter a number.";
const ANOTHER = "Another person: click one in either network, or enter a number.";

/** The panel on one person. */
export class Life {
  /**
   * @param {HTMLElement} root an empty element of the page
   * @param {{states: {key: string, label: string, colour: string, shape: string}[], onPerson: (person: number) => void,
   *   onClose?: () => void}} options
   */
  constructor(root, { states, onPerson, onClose }) {
    Object.assign(this, { root, states, onPerson, onClose });
    this.arms = [{ title: "Base" }, { title: "Reform" }];
    this.body = h("div", { class: "tg-life-body" });
    this.live = h("div", { class: "tg-hidden", "aria-live": "polite" });
    root.classList.add("tg-life");
    root.append(this.#form(), this.body, this.live);
    this.watch = new ResizeObserver(() => requestAnimationFrame(() => this.resize()));
    this.watch.observe(root);
    this.setEmpty();
  }

  #form() {
    this.prompt = h("p");
    this.number = h("input", { type: "number", min: 0, step: 1, required: true, inputmode: "numeric" });
    this.closeButton = h("button", { type: "button", onclick: () => this.close() }, "Close this life");
    const field = h("label", {}, h("span", {}, "Person number"), this.number);
    const open = h("button", { type: "submit" }, "Open");
    return h("form", { class: "tg-life-form", onsubmit: (event) => this.#openNumber(event) }, this.prompt, field, open, this.closeButton);
  }

  #openNumber(event) {
    event.preventDefault();
    const value = this.number.valueAsNumber;
    if (Number.isInteger(value) && value >= 0) this.onPerson(value);
  }

  /** @param {{name: string, title: string}[]} arms base first */
  setArms(arms) {
    this.arms = arms;
    if (this.life) this.set(this.life);
  }

  /** @param {Object[]} states of the menu */
  setStates(states) {
    this.states = states;
    if (this.life) this.set(this.life);
  }

  /** @param {import("./download.js").Provenance} provenance what downloads say of themselves */
  setProvenance(provenance) {
    this.provenance = provenance;
  }

  /** Show that nobody is chosen. */
  setEmpty() {
    this.life = null;
    this.prompt.textContent = NOBODY;
    this.closeButton.hidden = true;
    this.body.replaceChildren();
  }

  /** Put the life away and tell the page. */
  close() {
    this.setEmpty();
    this.onClose?.();
  }

  /** @param {import("./life_signs.js").LifeMessage} life */
  set(life) {
    this.life = life;
    this.prompt.textContent = ANOTHER;
    this.closeButton.hidden = false;
    const told = { life, arms: this.arms, states: this.states, onPerson: this.onPerson };
    const page = { say: (text) => (this.live.textContent = text), provenance: () => this.provenance };
    Object.assign(this, { timelines: new Timelines(told, page), lists: eventLists(told), ties: new Ties(told), scrolled: false });
    this.body.replaceChildren(heading(told), partingBox(told), this.timelines.element, this.lists, this.ties.element);
    this.#draw();
  }

  /** Draw again where the width has changed. */
  resize() {
    const width = this.root.clientWidth;
    if (this.life && width && width !== this.width) this.#draw();
  }

  #draw() {
    this.width = this.root.clientWidth;
    if (!this.width || !this.life) return;
    this.timelines.draw(this.width);
    this.ties.draw();
    if (!this.scrolled) scrollToFirst(this.lists);
    this.scrolled = true; // once a life: from there on a person scrolls
  }

  destroy() {
    this.watch.disconnect();
    this.root.replaceChildren();
    this.root.classList.remove("tg-life");
  }
}

/** Who it is, and what became of them under each regime. */
function heading({ life, arms }) {
  const outcomes = life.arms.flatMap(({ outcome }, i) => [h("dt", { class: `tg-arm-${i}` }, arms[i].title), h("dd", {}, outcome)]);
  const who = [h("h3", {}, `Person ${life.person}`), h("p", {}, life.who)];
  return h("header", { class: "tg-life-head" }, ...who, h("dl", { class: "tg-life-outcomes" }, ...outcomes));
}
