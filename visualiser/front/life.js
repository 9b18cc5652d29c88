/** One person's life under two regimes: who it is, where the two lives part, timelines, events and ties. */
import { eventLists, fillLists, scrollToFirst } from "./event_lists.js";
import { h } from "./html.js";
import { sayDay } from "./life_signs.js";
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
    Object.assign(this, { root, states, onPerson, onClose, week: null, asked: null });
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
    if (Number.isInteger(value) && value >= 0) this.#open(value);
  }

  /** Ask for a life from within the panel: its heading is where a reader goes on. */
  #open(person) {
    this.asked = person;
    this.onPerson(person);
  }

  /** @param {{name: string, title: string}[]} arms base first */
  setArms(arms) {
    this.arms = arms;
    this.#build();
  }

  /** @param {Object[]} states of the menu */
  setStates(states) {
    this.states = states;
    this.#build();
  }

  /** @param {import("./download.js").Provenance} provenance what downloads say of themselves */
  setProvenance(provenance) {
    this.provenance = provenance;
  }

  /** Show that nobody is chosen. */
  setEmpty() {
    this.life = this.said = null;
    this.prompt.textContent = NOBODY;
    this.closeButton.hidden = true;
    this.live.textContent = "";
    this.body.replaceChildren();
  }

  /** Put the life away and tell the page. */
  close() {
    this.setEmpty();
    this.onClose?.();
    this.number.focus();
  }

  /**
   * Show a life; one that is shown already keeps its zoom, its places in the lists, and what has the focus.
   *
   * @param {import("./life_signs.js").LifeMessage} life
   */
  set(life) {
    const isSame = this.life?.person === life.person;
    this.life = life;
    this.prompt.textContent = ANOTHER;
    this.closeButton.hidden = false;
    if (isSame) this.#renew();
    else this.#build();
    this.#say();
    if (this.asked === life.person) this.title.focus();
    this.asked = null;
  }

  get #told() {
    return { life: this.life, arms: this.arms, states: this.states, onPerson: (person) => this.#open(person) };
  }

  #build() {
    if (!this.life) return;
    const told = this.#told;
    const page = { say: (text) => (this.live.textContent = text), provenance: () => this.provenance };
    Object.assign(this, { timelines: new Timelines(told, page), lists: eventLists(told), ties: new Ties(told), scrolled: false });
    this.title = h("h3", { tabindex: -1 }, `Person ${told.life.person}`);
    this.about = h("div", {}, ...aboutOf(told));
    this.parting = partingBox(told);
    const head = h("header", { class: "tg-life-head" }, this.title, this.about);
    this.body.replaceChildren(head, this.parting, this.timelines.element, this.lists, this.ties.element);
    this.timelines.setWeek(this.week);
    this.#draw();
  }

  #renew() {
    const told = this.#told;
    const parting = partingBox(told);
    this.about.replaceChildren(...aboutOf(told));
    this.parting.replaceWith(parting);
    this.parting = parting;
    this.timelines.update(told);
    fillLists(this.lists, told);
    this.ties.update(told);
    this.#draw();
  }

  /** Tell those who listen whether the lives part, once for each answer. */
  #say() {
    const { person, divergence } = this.life;
    const said = `Person ${person}: ${divergence ? `the lives part on ${sayDay(divergence.date)}` : "until now the lives do not part"}`;
    if (said !== this.said) this.live.textContent = this.said = said;
  }

  /** Mark the week shown. @param {number} week */
  setWeek(week) {
    this.week = week;
    if (this.life) this.timelines.setWeek(week);
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
function aboutOf({ life, arms }) {
  const outcomes = life.arms.flatMap(({ outcome }, i) => [h("dt", { class: `tg-arm-${i}` }, arms[i].title), h("dd", {}, outcome)]);
  return [h("p", {}, life.who), h("dl", { class: "tg-life-outcomes" }, ...outcomes)];
}
