/** Two timelines of one person on the same dates, that can be moved, zoomed and read out. */
import { bisectCenter } from "d3-array";
import { scaleUtc } from "d3-scale";
import { pointer, select } from "d3-selection";
import { zoom, zoomIdentity } from "d3-zoom";
import { downloadMenu, showLegend } from "./download.js";
import { freshId, h } from "./html.js";
import { ABSENT, atDate, atDay, atWeek, DAY, KINDS, sayDay, stateAt } from "./life_signs.js";
import { partingsOf } from "./parting.js";
import { AXIS, drawTimelines, drawWeek, heightOf, LEFT, RIGHT, TOP } from "./timeline_marks.js";

const MOST_TOLD = 4;
const MOST_ZOOM = 60;
const NEAR_PX = 5;
const SWATCH = "M-9,-5H9V5H-9Z";
const YEAR = 365 * DAY;
const HELP = "Drag to move, Ctrl and wheel or the buttons to zoom; arrow keys go from event to event. The dotted line is the week shown.";
const UNSEEN = "This person is not among those drawn, so weekly states and needs are not on record.";

/** The figure of both timelines. */
export class Timelines {
  /**
   * @param {import("./life_signs.js").Told} told
   * @param {{say: (text: string) => void, provenance: () => import("./download.js").Provenance|undefined}} page
   */
  constructor(told, { say, provenance }) {
    Object.assign(this, { told, say, provenance, view: zoomIdentity, hover: null, hoverY: 0, week: null });
    this.#build();
    this.#listen();
    this.update(told);
  }

  /**
   * Tell the same person's life as it is now; `draw` draws it, at the dates that are in view.
   *
   * @param {import("./life_signs.js").Told} told
   */
  update(told) {
    this.told = told;
    this.partings = partingsOf(told.life.divergence);
    this.needs = [...new Set(told.life.arms.flatMap((arm) => Object.keys(arm.needs ?? {})))];
    this.unseen.hidden = told.life.arms.some((arm) => arm.states.length > 0);
    this.toParting.hidden = this.partings.length === 0;
    this.svg.attr("aria-label", this.summary());
    showLegend(select(this.signs), this.legend());
  }

  #build() {
    const head = h("figcaption", {}, h("h4", {}, "Two timelines, the same dates"), this.#zoomButtons());
    this.signs = h("div", { class: "tg-legend tg-life-legend" });
    this.unseen = h("p", { class: "tg-quiet tg-life-unseen" }, UNSEEN);
    this.tip = h("div", { class: "tg-tip tg-life-tip", hidden: true });
    const stage = h("div", { class: "tg-stage" });
    this.svg = this.#layers(select(stage).append("svg"));
    stage.append(this.tip);
    const foot = h("div", { class: "tg-figure-foot" });
    this.#addMenu(foot);
    foot.append(h("p", { class: "tg-quiet tg-note" }, HELP));
    this.element = h("figure", { class: "tg-figure tg-life-figure" }, head, this.signs, this.unseen, stage, foot);
  }

  #layers(svg) {
    const clip = freshId("clip");
    svg.attr("class", "tg-life-lines").attr("role", "img").attr("tabindex", 0);
    svg.append("defs").append("clipPath").attr("id", clip).append("rect");
    svg.append("g").attr("class", "tg-life-axis");
    svg.append("g").attr("class", "tg-life-plot").attr("clip-path", `url(#${clip})`);
    for (const name of ["labels", "parting-line"]) svg.append("g").attr("class", `tg-life-${name}`);
    svg.append("line").attr("class", "tg-life-week").attr("data-screen-only", "").attr("y1", TOP - 4);
    svg.append("g").attr("class", "tg-hover").attr("data-screen-only", "");
    return svg;
  }

  #addMenu(foot) {
    const { person } = this.told.life;
    downloadMenu(select(foot), {
      title: () => `Person ${person} under two regimes`,
      part: () => `life-${person}`,
      svg: () => this.svg.node(),
      rows: () => this.rows(),
      legend: () => this.legend(),
      provenance: this.provenance,
    });
  }

  #zoomButtons() {
    const button = (label, onclick) => h("button", { type: "button", onclick }, label);
    this.toParting = button("Around the parting", () => this.zoomToParting());
    const buttons = [
      button("Zoom in", () => this.zoomBy(2)),
      button("Zoom out", () => this.zoomBy(0.5)),
      button("Whole life", () => this.svg.call(this.zoom.transform, zoomIdentity)),
      this.toParting,
    ];
    return h("div", { class: "tg-life-zoom", role: "group", "aria-label": "Zoom of the timelines" }, ...buttons);
  }

  #listen() {
    const isOurs = (event) => (event.type === "wheel" ? event.ctrlKey || event.metaKey : !event.button);
    this.zoom = zoom().scaleExtent([1, MOST_ZOOM]).filter(isOurs).on("zoom", (event) => {
      this.view = event.transform;
      this.#redraw();
    });
    const at = (event) => pointer(event, this.svg.node());
    this.svg.call(this.zoom).on("dblclick.zoom", null)
      .on("pointermove", (event) => this.point(Number(this.now().invert(at(event)[0])), at(event)[1]))
      .on("pointerleave", () => this.point(null))
      .on("blur", () => this.point(null))
      .on("keydown", (event) => this.press(event));
  }

  /** Draw at a width; where it is zoomed, the dates in view stay in view. */
  draw(width) {
    const seen = this.time && this.view.k > 1 ? this.now().domain() : null;
    this.width = width;
    const { arms, now } = this.told.life;
    const known = (arm) => arm.states.find((run) => run[1] !== ABSENT)?.[0] * 7;
    const starts = arms.flatMap((arm) => [known(arm), arm.events[0]?.day]).filter(Number.isFinite);
    const first = starts.length ? Math.min(...starts) : 0;
    const domain = [atDay(first), Math.max(atWeek(now + 1), atDay(first + 28))];
    this.time = scaleUtc().domain(domain).range([LEFT, width - RIGHT - 2]);
    this.plotEnd = heightOf(this.needs);
    const [wide, high] = [width - 2, this.plotEnd + AXIS];
    const frame = [[LEFT, 0], [wide - RIGHT, high]];
    this.svg.attr("width", wide).attr("height", high).attr("viewBox", `0 0 ${wide} ${high}`);
    this.svg.select("clipPath rect").attr("x", LEFT).attr("y", 0).attr("width", wide - LEFT - RIGHT).attr("height", this.plotEnd);
    this.zoom.extent(frame).translateExtent(frame);
    if (seen) this.#show(seen, high);
    else this.#redraw();
  }

  /** Zoom so that two dates are at the ends, as far as the plot goes. */
  #show([first, last], high) {
    const [from, to] = this.time.range();
    const within = (value, least, most) => Math.max(least, Math.min(most, value));
    const k = within((to - from) / (this.time(last) - this.time(first)), 1, MOST_ZOOM);
    const x = within(from - k * this.time(first), to * (1 - k), from * (1 - k));
    const y = within(this.view.y, high * (1 - k), 0);
    this.svg.call(this.zoom.transform, zoomIdentity.translate(x, y).scale(k));
  }

  #redraw() {
    drawTimelines(this);
    this.drawHover();
  }

  /** Mark the week shown. @param {number} week */
  setWeek(week) {
    this.week = week;
    drawWeek(this);
  }

  /** The time axis as zoomed. */
  now() {
    return this.view.rescaleX(this.time);
  }

  /** Whether a place is in the plot. */
  isIn(px) {
    return px >= LEFT && px <= this.width - RIGHT;
  }

  // ---- zoom and keys

  /** Where a person looks: the day pointed at, or the parting. */
  get focus() {
    return this.hover ?? (this.partings.length ? atDate(this.partings[0].date) : null);
  }

  zoomBy(factor) {
    const at = this.focus === null ? undefined : [Math.max(LEFT, Math.min(this.width - RIGHT, this.now()(this.focus))), 0];
    this.svg.call(this.zoom.scaleBy, factor, at);
  }

  /** Show a year on either side of the day on which the lives part. */
  zoomToParting() {
    const [first, last] = this.time.domain().map(Number);
    this.svg.call(this.zoom.transform, zoomIdentity);
    this.svg.call(this.zoom.scaleTo, Math.max(1, Math.min(MOST_ZOOM, (last - first) / (2 * YEAR))));
    this.svg.call(this.zoom.translateTo, this.time(atDate(this.partings[0].date)), 0);
  }

  press(event) {
    const acts = {
      ArrowLeft: () => this.goTo(-1),
      ArrowRight: () => this.goTo(1),
      Home: () => this.goTo(-Infinity),
      End: () => this.goTo(Infinity),
      "+": () => this.zoomBy(2),
      "=": () => this.zoomBy(2),
      "-": () => this.zoomBy(0.5),
      0: () => this.svg.call(this.zoom.transform, zoomIdentity),
      Escape: () => this.point(null),
    };
    if (!(event.key in acts) || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    acts[event.key]();
  }

  /** Go by so many event dates from where the line stands, and say what is there. */
  goTo(steps) {
    const all = this.told.life.arms.flatMap((arm) => arm.events.map((one) => atDay(one.day)));
    const days = [...new Set(all)].sort((a, b) => a - b);
    if (!days.length) return;
    const here = bisectCenter(days, this.focus ?? days[0]);
    const isFirst = this.hover === null && Number.isFinite(steps);
    const next = isFirst ? here : Math.max(0, Math.min(days.length - 1, here + steps));
    this.#bringInto(days[next]);
    this.point(days[next]);
    this.say(this.readout(days[next], 0).map((row) => row.text).join(". "));
  }

  /** Move the view so that a day is in it. */
  #bringInto(day) {
    if (!this.isIn(this.now()(day))) this.svg.call(this.zoom.translateTo, this.time(day), 0);
  }

  // ---- reading out

  point(time, y) {
    this.hover = time;
    this.hoverY = y ?? 30;
    this.drawHover();
  }

  drawHover() {
    const layer = this.svg.select(".tg-hover").html("");
    this.tip.hidden = true;
    if (this.hover === null) return;
    const px = this.now()(this.hover);
    if (!this.isIn(px)) return;
    layer.append("line").attr("x1", px).attr("x2", px).attr("y1", TOP - 6).attr("y2", this.plotEnd);
    this.tip.replaceChildren(...this.readout(this.hover, NEAR_PX).map((row) => h("p", { class: row.look }, row.text)));
    this.tip.hidden = false;
    const { offsetWidth: wide, offsetHeight: high } = this.tip;
    this.tip.style.left = `${px + 14 + wide > this.width ? Math.max(0, px - 14 - wide) : px + 14}px`;
    this.tip.style.top = `${Math.max(0, Math.min(this.hoverY - 10, this.plotEnd - high))}px`;
  }

  /** What both lives hold at a time: states, and the events within `reach` pixels. */
  readout(time, reach) {
    return [{ text: sayDay(time), look: "tg-tip-date" }, ...this.told.life.arms.flatMap((arm, i) => this.#readArm(arm, i, time, reach))];
  }

  #readArm(arm, i, time, reach) {
    const [x, state] = [this.now(), stateAt(arm.states, time)];
    const where = state === ABSENT ? sayAbsent(arm.states, time) : this.told.states[state].label;
    const head = { text: `${this.told.arms[i].title}: ${where}`, look: `tg-tip-arm-${i} tg-life-tip-arm` };
    const near = arm.events.filter((one) => Math.abs(x(atDay(one.day)) - x(time)) <= reach + 0.01);
    const told = near.slice(0, MOST_TOLD).map((one) => `${sayDay(atDay(one.day))}: ${one.what}${one.detail ? `. ${one.detail}` : ""}`);
    if (near.length > MOST_TOLD) told.push(`and ${near.length - MOST_TOLD} more`);
    return [head, ...told.map((text) => ({ text, look: "tg-life-tip-event" }))];
  }

  /** What bands and signs mean, of those in these lives. */
  legend() {
    const { life, states } = this.told;
    const seen = new Set(life.arms.flatMap((arm) => arm.states.map((run) => run[1])));
    const kinds = new Set(life.arms.flatMap((arm) => arm.events.map((one) => one.kind)));
    const bands = states.filter((_, i) => seen.has(i)).map(({ label, colour }) => ({ label, colour, path: SWATCH }));
    return [...bands, ...Object.entries(KINDS).filter(([kind]) => kinds.has(kind)).map(([, kind]) => kind)];
  }

  /** A few sentences that stand for the timelines. */
  summary() {
    const { life: { arms, person }, arms: names } = this.told;
    const events = arms.map((arm, i) => `${arm.events.length} events under ${names[i].title}`).join(", ");
    const [first, then] = this.partings;
    const parting = first ? `The two lives part on ${sayDay(first.date)}.` : "The two lives are the same so far.";
    const after = then ? ` At first only who supervises differs; the first other thing is on ${sayDay(then.date)}.` : "";
    return `Timelines of person ${person}: ${events}. ${parting}${after} Left and right arrows go from event to event, plus and minus zoom.`;
  }

  /** Events of both lives, one a row. */
  rows() {
    const { life, arms } = this.told;
    const isAt = (rank, i, place) => (this.partings[rank]?.index[i] === place ? "yes" : "");
    return life.arms.flatMap((arm, i) => arm.events.map(({ date, day, kind, what, detail }, place) => ({
      ...{ scenario: arms[i].name ?? arm.name, seed: this.provenance()?.seed ?? "", person: life.person },
      ...{ date, day, kind, what, detail },
      ...{ first_to_differ: isAt(0, i, place), first_beyond_who_supervises: isAt(1, i, place) },
    })));
  }
}

/** Why there is no state at a time. */
function sayAbsent(states, time) {
  const first = states.find((run) => run[1] !== ABSENT);
  if (!first) return states.length ? "not yet known" : "weekly states are not on record";
  return time < atWeek(first[0]) ? "not yet known" : "no longer tracked";
}
