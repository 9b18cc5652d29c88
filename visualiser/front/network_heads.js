/** What stands over the two networks: names, whether the worlds have parted, boxes to tick, buttons. */
import { h } from "./html.js";
import { ARMS, count } from "./words.js";

const ZOOM = 1.4;

/** The heading of one panel. */
export class Head {
  /** @param {0|1} arm */
  constructor(arm) {
    this.title = h("h2", {}, ARMS[arm]);
    this.parted = h("span", { class: "net-parted", hidden: true });
    this.about = h("p", { class: "net-about" });
    this.date = h("p", { class: "net-date" });
    this.tools = h("div", { class: "net-tools" });
    const swatch = h("span", { class: "net-swatch", "aria-hidden": "true" });
    const name = h("div", { class: "net-name" }, this.title, this.parted);
    this.element = h("header", { class: "net-head" }, swatch, name, this.about, this.date, this.tools);
  }

  /** @param {{title: string, about?: string}} arm what the world says of it: a short title, and a long one */
  setArm({ title, about }) {
    this.title.textContent = this.title.title = title;
    this.about.textContent = this.about.title = about ?? "";
  }

  /** Say until when there is one world; nothing where the text is empty. */
  setParted(text) {
    this.parted.hidden = !text;
    this.parted.textContent = this.parted.title = text;
  }
}

/** A box to tick, under its name. @param {(on: boolean) => void} onChange */
export function tickBox(text, name, onChange) {
  const box = h("input", { type: "checkbox", onchange: () => onChange(box.checked) });
  return { box, element: h("label", { class: `net-tick net-tick-${name}` }, box, text) };
}

/** Buttons that zoom about the middle. @param {import("./network.js").Networks} networks */
export function zoomButtons(networks) {
  const middle = (factor) => () => networks.zoom(networks.shared.view.width / 2, networks.shared.view.height / 2, factor);
  const button = (text, name, onclick) =>
    h("button", { type: "button", class: "net-button", "aria-label": name, title: name, onclick }, text);
  return h("div", { class: "net-zoom", role: "group", "aria-label": "Zoom" },
    button("−", "Zoom out", middle(1 / ZOOM)), button("+", "Zoom in", middle(ZOOM)), button("Fit", "Show all", () => networks.fit()));
}

/** A world in one sentence, for those who do not see the picture. @param {import("./network.js").Networks} networks */
export function nameOf({ scenes, shown, states, shared: { world }, date }, arm) {
  const { tallies } = scenes[arm];
  const which = shown.length > 1 ? `${ARMS[arm]} world, ` : "";
  const all = tallies.reduce((sum, n) => sum + n, 0);
  const parts = states.map(({ label }, i) => `${count(tallies[i])} ${label.toLowerCase()}`);
  return `${which}${world?.arms[arm].title ?? ""}${date ? `, ${date}` : ""}: ${count(all)} people shown; ${parts.join(", ")}`;
}
