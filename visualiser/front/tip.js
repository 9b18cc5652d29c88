/** The note at the pointer, and what it says of a person or an organisation. */
import { h } from "./html.js";
import { icon } from "./marks.js";
import { ABSENT, clamp } from "./people.js";
import { ARMS } from "./words.js";

const ASIDE = 16;
const EDGE = 8;

/** The note that follows the pointer and never leaves the window. */
export class Tip {
  constructor() {
    this.element = h("div", { class: "net-tip", role: "tooltip", hidden: true });
  }

  /** Show lines beside a point of the window. @param {() => Node[]} tell asked again by `renew` */
  show(tell, px, py) {
    Object.assign(this, { tell, px, py });
    this.element.hidden = false;
    this.renew();
  }

  /** Say what is so now, where anything is shown. */
  renew() {
    if (this.element.hidden) return;
    this.element.replaceChildren(...this.tell());
    const { offsetWidth: w, offsetHeight: high } = this.element;
    this.element.style.left = `${beside(this.px, w, window.innerWidth)}px`;
    this.element.style.top = `${beside(this.py, high, window.innerHeight)}px`;
  }

  hide() {
    this.element.hidden = true;
  }
}

/** Where a box of a size begins that stands beside a place: after it, or before it where there is no room. */
function beside(place, size, room) {
  const wanted = place + ASIDE + size > room - EDGE ? place - ASIDE - size : place + ASIDE;
  return clamp(wanted, EDGE, Math.max(EDGE, room - size - EDGE));
}

const armLine = (arm, isAlone, ...said) =>
  h("p", { class: `net-tip-arm net-tip-${arm}` }, h("span", {}, isAlone ? "Now" : ARMS[arm]), ...said);

/** A person, and their state in each world. @param {import("./network.js").Networks} networks */
export function describe({ shared: { people }, shown, states }, node) {
  const found = shown.map((scene) => scene.stateOf(node));
  const isAlone = found.length === 1;
  const line = (state, arm) => armLine(arm, isAlone,
    h("span", { class: "net-icon" }, state === ABSENT ? null : icon(states[state], 14)),
    h("span", {}, state === ABSENT ? "Not in this world now" : states[state].label));
  const who = `, ${people.sex[node] ? "woman" : "man"} born ${people.born[node]}`;
  const verdict = found[0] === found[1] ? "In both worlds the same" : "The two lives differ here";
  return [
    h("p", {}, h("strong", {}, `Person ${people.persons[node]}`), who),
    ...found.map(line),
    ...(isAlone ? [] : [h("p", { class: "net-tip-last" }, verdict)]),
  ];
}

/** An organisation, and how many are with it in each world. @param {import("./network.js").Networks} networks */
export function describeHub({ shared: { world }, shown }, index) {
  const hub = world.hubs[index];
  const where = world.areas.length > 1 ? `, ${world.areas[hub.area].title}` : "";
  const title = h("p", {}, h("strong", {}, hub.title), hub.kind === "provider" ? where : `, charity${where}`);
  if (shown[0].linked[index] == null) return [title];
  return [title, ...shown.map((scene, arm) => armLine(arm, shown.length === 1, h("span", {}, scene.counted(index))))];
}
