/** The calendar: where we are, what was lived, when the levers move; drag it to turn back. */
import { scaleLinear } from "d3-scale";
import { dateOf, say, sayShort, weekOf } from "./dates.js";
import { h } from "./html.js";

const SVG = "http://www.w3.org/2000/svg";
const HEIGHT = 46;
const LINE = 26;
const CLOSE = 92;
const SPOKEN_EVERY = 1000; // milliseconds

/** A strip of years with the dates of the reform, over a slider. */
export class Calendar {
  /**
   * @param {HTMLElement} root
   * @param {{onSeek: (week: number) => void}} events
   */
  constructor(root, { onSeek }) {
    this.slider = h("input", { type: "range", class: "tg-calendar__slider", min: "0", max: "626", value: "0", step: "1", "aria-label": "Week shown" });
    this.slider.addEventListener("change", () => onSeek(Number(this.slider.value)));
    this.slider.addEventListener("input", () => this.#move(Number(this.slider.value)));
    this.svg = document.createElementNS(SVG, "svg");
    this.svg.setAttribute("aria-hidden", "true");
    root.classList.add("tg-calendar", "tg-calendar--empty");
    root.replaceChildren(this.svg, this.slider);
    this.root = root;
    this.observer = new ResizeObserver(() => this.draw());
    this.observer.observe(root);
    this.lived = 0;
    this.week = 0;
  }

  /** Show the span and the levers of a world. */
  setWorld(world) {
    this.world = world;
    this.slider.max = String(world.end_week);
    this.root.classList.remove("tg-calendar--empty");
    this.draw();
  }

  /** Show a frame: its week, and how far the worlds have lived. Whoever moves the slider is not moved back. */
  set({ week, lived, playing, seeking }) {
    this.lived = lived;
    const isHeld = this.slider.matches(":active") || (seeking && document.activeElement === this.slider);
    if (!isHeld) this.slider.value = String(week);
    this.#move(week, playing);
  }

  /** Move the mark; while weeks go by the spoken date follows once a second. */
  #move(week, playing = false) {
    this.week = week;
    const now = performance.now();
    if (!playing || now - (this.said ?? 0) > SPOKEN_EVERY) {
      this.slider.setAttribute("aria-valuetext", say(dateOf(week)));
      this.said = now;
    }
    if (!this.scale) return;
    this.past.setAttribute("width", Math.max(0, this.scale(this.lived) - this.scale(0)));
    const x = this.scale(week);
    this.now.setAttribute("transform", `translate(${x},0)`);
  }

  draw() {
    const width = this.root.clientWidth;
    if (!this.world || width < 100) return;
    const edge = 9; // the slider's thumb stops so far from the edges
    this.scale = scaleLinear([0, this.world.end_week], [edge, width - edge]);
    this.svg.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
    this.svg.setAttribute("width", width);
    this.svg.setAttribute("height", HEIGHT);
    const bar = (name, from, to) => line("rect", { class: name, x: from, y: LINE, width: to - from, height: 6, rx: 3 });
    this.past = bar("tg-calendar__past", edge, edge);
    this.now = line("g", { class: "tg-calendar__now" }, line("line", { y1: LINE - 8, y2: LINE + 12 }));
    this.svg.replaceChildren(bar("tg-calendar__whole", edge, width - edge), this.past, ...this.#years(), ...this.#levers(width), this.now);
    this.#move(this.week);
  }

  #years() {
    const last = dateOf(this.world.end_week).getUTCFullYear();
    const found = [];
    for (let year = 2008; year <= last; year += 1) {
      const x = this.scale(Math.max(0, weekOf(Date.UTC(year, 0, 1))));
      found.push(line("line", { class: "tg-calendar__year", x1: x, x2: x, y1: LINE, y2: LINE + 9 }));
      const [left, right] = this.scale.range();
      const anchor = x < left + 14 ? "start" : x > right - 14 ? "end" : "middle";
      found.push(words(x, LINE + 18, year, { class: "tg-calendar__label", "text-anchor": anchor }));
    }
    return found;
  }

  /** One mark for each date; where labels would touch, that of more levers stays, and the marks say all. */
  #levers(width) {
    const dates = new Map();
    for (const lever of this.world.levers)
      if (lever.arms.length === 1 && lever.week <= this.world.end_week) dates.set(lever.date, [...(dates.get(lever.date) ?? []), lever]);
    const marks = [...dates].map(([date, levers]) => this.#mark(date, levers, width));
    const taken = [];
    for (const { from, to, label } of [...marks].sort((a, b) => b.count - a.count || a.from - b.from)) {
      if (taken.some((other) => from < other.to && other.from < to)) label.remove();
      else taken.push({ from, to });
    }
    return marks.map(({ mark }) => mark);
  }

  #mark(date, levers, width) {
    const x = this.scale(weekOf(Date.parse(date)));
    const names = levers.map(({ title, arms }) => title + (arms[0] === 0 ? " (base)" : ""));
    const text = names.length > 1 ? `${names.length} levers` : names[0];
    const wide = 6.2 * text.length + 8;
    const anchor = x > width - CLOSE ? "end" : x < CLOSE ? "start" : "middle";
    const from = { end: x - wide, start: x, middle: x - wide / 2 }[anchor];
    const label = words(x, 11, text, { class: "tg-calendar__label tg-calendar__name", "text-anchor": anchor });
    const mark = line("g", { class: "tg-calendar__lever" }, line("path", { d: `M${x},${LINE - 1}l-4.5,-8h9z` }), label);
    mark.append(line("title", {}, `${sayShort(date)}: ${names.join(", ")}`));
    return { mark, label, from, to: from + wide, count: names.length };
  }

  destroy() {
    this.observer.disconnect();
  }
}

function line(tag, attributes, ...children) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

const words = (x, y, text, more) => line("text", { x, y, "text-anchor": "middle", ...more }, String(text));
