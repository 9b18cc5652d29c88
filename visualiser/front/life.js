/** One person's life under two regimes: timelines, events, needs and ties, with the day the two lives part. */
import { bisectCenter, bisectRight } from "d3-array";
import { axisBottom } from "d3-axis";
import { scaleUtc } from "d3-scale";
import { pointer, select } from "d3-selection";
import { symbol, symbolCircle, symbolDiamond, symbolDiamond2, symbolSquare, symbolStar, symbolTriangle, symbolWye } from "d3-shape";
import { utcFormat } from "d3-time-format";
import { zoom, zoomIdentity } from "d3-zoom";
import { downloadMenu, showLegend } from "./download.js";

/**
 * @typedef {{day: number, date: string, what: string, detail: string, kind: string}} Event_
 * @typedef {{person: number, node: number|null, kind: string, label: string, strength: number, state: number|null}} Tie
 * @typedef {{name: string, outcome: string, events: Event_[], states: [number, number][], needs: Object<string, [number, number][]>, ties: Tie[]}} Arm
 * @typedef {{index: [number|null, number|null], date: string, arm_texts: [string, string], cause: string, explanation: string}} Divergence
 * @typedef {{person: number, who: string, now: number, arms: [Arm, Arm], divergence: Divergence|null}} LifeMessage
 */

const DAY = 86_400_000;
const EPOCH = Date.UTC(2008, 0, 7);
const ABSENT = 255;
const COLOURS = ["#4477aa", "#cc6677"];
const CROSS = "M-4.6,-2.8L-2.8,-4.6L0,-1.8L2.8,-4.6L4.6,-2.8L1.8,0L4.6,2.8L2.8,4.6L0,1.8L-2.8,4.6L-4.6,2.8L-1.8,0Z";
const DOWN = "M0,5.2L-5,-3.6H5Z";
const SWATCH = "M-9,-5H9V5H-9Z";
const SHAPES = {
  dot: symbol(symbolCircle, 42)(), square: symbol(symbolSquare, 56)(), triangle: symbol(symbolTriangle, 52)(), triangle_down: DOWN,
  block: symbol(symbolSquare, 80)(), cross: CROSS, star: symbol(symbolStar, 60)(),
};
const KINDS = {
  record: { lane: 3, label: "record or assessment", colour: "#5f6b78", path: symbol(symbolCircle, 14)() },
  supervision: { lane: 3, label: "supervision", colour: "#228833", path: symbol(symbolCircle, 34)() },
  offence: { lane: 0, label: "offence", colour: "#c4500a", path: symbol(symbolStar, 62)() },
  court: { lane: 1, label: "court", colour: "#5b3a8c", path: symbol(symbolDiamond, 50)() },
  custody: { lane: 2, label: "into custody", colour: "#222255", path: symbol(symbolSquare, 60)() },
  release: { lane: 2, label: "release", colour: "#3a6ea5", path: symbol(symbolTriangle, 50)() },
  officer: { lane: 3, label: "change of officer", colour: "#0f6c78", path: symbol(symbolWye, 62)() },
  enforcement: { lane: 3, label: "enforcement", colour: "#aa3377", path: CROSS },
  help: { lane: 4, label: "help", colour: "#7a5c00", path: symbol(symbolDiamond2, 56)() },
  peer: { lane: 4, label: "peer", colour: "#7a4b2a", path: DOWN },
};
const LANES = ["offences", "courts", "prison, release", "supervision", "help, peers"];
const LEFT = 124;
const RIGHT = 22;
const TOP = 24;
const LANE = 15;
const BAND = 20;
const TRACK = 18 + LANE + BAND + 4 + 4 * LANE;
const TRACK_GAP = 14;
const NEED = 15;
const AXIS = 24;
const MOST_PEERS = 8;
const TIES_HIGH = 260;
const MOST_TOLD = 4;
const sayDay = utcFormat("%-d %b %Y");
let clips = 0;

/** Milliseconds of a day, and of a week, of the model. */
const atDay = (day) => EPOCH + day * DAY;
const atWeek = (week) => atDay(7 * week);

/** The panel on one person. */
export class Life {
  /**
   * @param {HTMLElement} root an empty element of the page
   * @param {{states: {key: string, label: string, colour: string, shape: string}[], onPerson: (person: number) => void, onClose?: () => void}} options
   */
  constructor(root, { states, onPerson, onClose }) {
    this.root = select(root).classed("tg-life", true);
    this.states = states;
    this.onPerson = onPerson;
    this.onClose = onClose;
    this.arms = [{ title: "Base" }, { title: "Reform" }];
    this.clip = `tg-life-clip-${++clips}`;
    this.buildForm();
    this.body = this.root.append("div").attr("class", "tg-life-body");
    this.live = this.root.append("div").attr("class", "tg-hidden").attr("aria-live", "polite");
    this.watch = new ResizeObserver(() => requestAnimationFrame(() => this.resize()));
    this.watch.observe(root);
    this.setEmpty();
  }

  buildForm() {
    const form = this.root.append("form").attr("class", "tg-life-form").on("submit", (event) => this.openNumber(event));
    this.prompt = form.append("p");
    const label = form.append("label");
    label.append("span").text("Person number");
    label.append("input").attr("type", "number").attr("min", 0).attr("step", 1).attr("required", "").attr("inputmode", "numeric");
    form.append("button").attr("type", "submit").text("Open");
    this.closeButton = form.append("button").attr("type", "button").text("Close this life").on("click", () => this.close());
  }

  openNumber(event) {
    event.preventDefault();
    const value = this.root.select("input").node().valueAsNumber;
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
    this.prompt.text("Click a person in either network, or enter a number.");
    this.closeButton.attr("hidden", "");
    this.body.html("");
  }

  /** Put the life away and tell the page. */
  close() {
    this.setEmpty();
    this.onClose?.();
  }

  /** @param {LifeMessage} life */
  set(life) {
    this.life = life;
    this.view = zoomIdentity;
    this.hover = null;
    this.prompt.text("Another person: click one in either network, or enter a number.");
    this.closeButton.attr("hidden", null);
    this.body.html("");
    this.scrolled = false;
    this.writeHead();
    this.writeDivergence();
    this.buildTimelines();
    this.writeEvents();
    this.buildTies();
    this.draw();
  }

  /** Draw again where the width has changed. */
  resize() {
    const width = this.root.node().clientWidth;
    if (this.life && width && width !== this.width) this.draw();
  }

  destroy() {
    this.watch.disconnect();
    this.root.html("").classed("tg-life", false);
  }

  draw() {
    this.width = this.root.node().clientWidth;
    if (!this.width || !this.life) return;
    this.layOut();
    this.drawTimelines();
    this.ties.forEach((svg, arm) => this.drawTies(svg, arm));
    if (!this.scrolled) this.scrollToFirst();
  }

  /** Bring the first event that differs into sight in both lists, once a life. */
  scrollToFirst() {
    this.scrolled = true;
    this.body.selectAll(".tg-life-list").each(function () {
      const first = this.querySelector(".tg-life-first");
      if (first) this.scrollTop = first.offsetTop - this.clientHeight / 3;
    });
  }

  title(arm) {
    return this.arms[arm].title;
  }

  writeHead() {
    const head = this.body.append("header").attr("class", "tg-life-head");
    head.append("h3").text(`Person ${this.life.person}`);
    head.append("p").text(this.life.who);
    const list = head.append("dl").attr("class", "tg-life-outcomes");
    this.life.arms.forEach((arm, i) => {
      list.append("dt").attr("class", `tg-arm-${i}`).text(this.title(i));
      list.append("dd").text(arm.outcome);
    });
  }

  writeDivergence() {
    const { divergence } = this.life;
    const box = this.body.append("div").attr("class", "tg-life-parting").classed("tg-life-parting-none", !divergence).attr("role", "note");
    if (!divergence) {
      box.append("p").text("Until now the two lives are the same, event for event.");
      return;
    }
    box.append("p").append("strong").text(`The two lives part on ${sayDay(Date.parse(divergence.date))}.`);
    box.append("p").text(divergence.explanation);
    const list = box.append("ul");
    divergence.arm_texts.forEach((text, i) => {
      const item = list.append("li");
      item.append("span").attr("class", `tg-arm-${i}`).text(`${this.title(i)}: `);
      item.append("span").text(text || "nothing on this day");
    });
  }

  // Timelines

  buildTimelines() {
    const figure = this.body.append("figure").attr("class", "tg-figure tg-life-figure");
    const head = figure.append("figcaption");
    head.append("h4").text("Two timelines, the same dates");
    this.buildZoomButtons(head);
    showLegend(figure.append("div").attr("class", "tg-legend tg-life-legend"), this.legend());
    const stage = figure.append("div").attr("class", "tg-stage");
    this.svg = stage.append("svg").attr("class", "tg-life-lines").attr("role", "img").attr("tabindex", 0).attr("aria-label", this.summary());
    this.svg.append("defs").append("clipPath").attr("id", this.clip).append("rect");
    this.svg.append("g").attr("class", "tg-life-axis");
    this.svg.append("g").attr("class", "tg-life-plot").attr("clip-path", `url(#${this.clip})`);
    this.svg.append("g").attr("class", "tg-life-labels");
    this.svg.append("g").attr("class", "tg-life-parting-line");
    this.svg.append("g").attr("class", "tg-hover").attr("data-screen-only", "");
    this.tip = stage.append("div").attr("class", "tg-tip tg-life-tip").attr("hidden", "");
    const foot = figure.append("div").attr("class", "tg-figure-foot");
    downloadMenu(foot, {
      title: () => `Person ${this.life.person} under two regimes`, part: () => `life-${this.life.person}`, svg: () => this.svg.node(),
      rows: () => this.rows(), legend: () => this.legend(), provenance: () => this.provenance,
    });
    foot.append("p").attr("class", "tg-quiet tg-note").text("Drag to move, Ctrl and wheel or the buttons to zoom; arrow keys go from event to event.");
    this.listen();
  }

  buildZoomButtons(head) {
    const group = head.append("div").attr("class", "tg-life-zoom").attr("role", "group").attr("aria-label", "Zoom of the timelines");
    const button = (label, act) => group.append("button").attr("type", "button").text(label).on("click", act);
    button("Zoom in", () => this.zoomBy(2));
    button("Zoom out", () => this.zoomBy(0.5));
    button("Whole life", () => this.svg.call(this.zoom.transform, zoomIdentity));
    if (this.life.divergence) button("Around the parting", () => this.zoomToParting());
  }

  listen() {
    this.zoom = zoom().scaleExtent([1, 60]).filter((event) => (event.type === "wheel" ? event.ctrlKey || event.metaKey : !event.button))
      .on("zoom", (event) => { this.view = event.transform; this.drawTimelines(); });
    this.svg.call(this.zoom).on("dblclick.zoom", null)
      .on("pointermove", (event) => this.point(Number(this.now().invert(pointer(event)[0])), pointer(event)[1]))
      .on("pointerleave", () => this.point(null))
      .on("blur", () => this.point(null))
      .on("keydown", (event) => this.press(event));
  }

  zoomBy(factor) {
    const focus = this.hover ?? (this.life.divergence ? Date.parse(this.life.divergence.date) : null);
    const px = focus === null ? undefined : [Math.max(LEFT, Math.min(this.width - RIGHT, this.now()(focus))), 0];
    this.svg.call(this.zoom.scaleBy, factor, px);
  }

  /** Show a year on either side of the day the lives part. */
  zoomToParting() {
    const day = Date.parse(this.life.divergence.date);
    const [first, last] = this.time.domain().map(Number);
    const factor = Math.max(1, Math.min(60, (last - first) / (2 * 365 * DAY)));
    this.svg.call(this.zoom.transform, zoomIdentity);
    this.svg.call(this.zoom.scaleTo, factor);
    this.svg.call(this.zoom.translateTo, this.time(day), 0);
  }

  press(event) {
    const acts = {
      ArrowLeft: () => this.goTo(-1), ArrowRight: () => this.goTo(1), Home: () => this.goTo(-Infinity), End: () => this.goTo(Infinity),
      "+": () => this.zoomBy(2), "=": () => this.zoomBy(2), "-": () => this.zoomBy(0.5), 0: () => this.svg.call(this.zoom.transform, zoomIdentity),
      Escape: () => this.point(null),
    };
    if (!(event.key in acts) || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    acts[event.key]();
  }

  /** Go by so many event dates from where the line stands, and say what is there. */
  goTo(steps) {
    const days = [...new Set(this.life.arms.flatMap((arm) => arm.events.map((one) => atDay(one.day))))].sort((a, b) => a - b);
    if (!days.length) return;
    const start = this.hover ?? (this.life.divergence ? Date.parse(this.life.divergence.date) : days[0]);
    const here = bisectCenter(days, start);
    const next = this.hover === null && Number.isFinite(steps) ? here : Math.max(0, Math.min(days.length - 1, here + steps));
    this.bringInto(days[next]);
    this.point(days[next]);
    this.live.text(this.readout(days[next], 0).map((row) => row.text).join(". "));
  }

  /** Move the view so that a day is in it. */
  bringInto(day) {
    const px = this.now()(day);
    if (px < LEFT || px > this.width - RIGHT) this.svg.call(this.zoom.translateTo, this.time(day), 0);
  }

  /** The time axis as zoomed. */
  now() {
    return this.view.rescaleX(this.time);
  }

  layOut() {
    const { arms, now } = this.life;
    const starts = arms.flatMap((arm) => [arm.states.find((run) => run[1] !== ABSENT)?.[0] * 7, arm.events[0]?.day]).filter(Number.isFinite);
    const first = starts.length ? Math.min(...starts) : 0;
    this.time = scaleUtc().domain([atDay(first), Math.max(atWeek(now + 1), atDay(first + 28))]).range([LEFT, this.width - RIGHT - 2]);
    this.needs = [...new Set(arms.flatMap((arm) => Object.keys(arm.needs ?? {})))];
    this.needsTop = TOP + 2 * TRACK + TRACK_GAP + 8;
    this.plotEnd = this.needsTop + (this.needs.length ? 20 + this.needs.length * NEED : 0);
    const [wide, high] = [this.width - 2, this.plotEnd + AXIS];
    this.svg.attr("width", wide).attr("height", high).attr("viewBox", `0 0 ${wide} ${high}`);
    this.svg.select("clipPath rect").attr("x", LEFT).attr("y", 0).attr("width", wide - LEFT - RIGHT).attr("height", this.plotEnd);
    this.zoom.extent([[LEFT, 0], [wide - RIGHT, high]]).translateExtent([[LEFT, 0], [wide - RIGHT, high]]);
  }

  trackTop(arm) {
    return TOP + arm * (TRACK + TRACK_GAP);
  }

  /** The middle of a lane: offences above the band of states, the others below. */
  laneMiddle(arm, lane) {
    const top = this.trackTop(arm) + 18;
    return lane === 0 ? top + LANE / 2 : top + LANE + BAND + 4 + (lane - 0.5) * LANE;
  }

  drawTimelines() {
    const x = this.now();
    this.drawLabels();
    this.drawAxis(x);
    const plot = this.svg.select(".tg-life-plot").html("");
    this.drawShared(plot, x);
    this.life.arms.forEach((arm, i) => {
      this.drawLanes(plot, i);
      this.drawStates(plot, arm, i, x);
      this.drawEvents(plot, arm, i, x);
      this.drawNeeds(plot, arm, i, x);
    });
    this.drawParting(x);
    this.drawHover();
  }

  drawLabels() {
    const labels = this.svg.select(".tg-life-labels").html("");
    const write = (text, y, look) => labels.append("text").attr("class", look).attr("x", 12).attr("y", y).text(text);
    this.life.arms.forEach((_, arm) => {
      write(this.title(arm), this.trackTop(arm) + 12, `tg-life-arm tg-life-arm-${arm}`);
      LANES.forEach((lane, i) => write(lane, this.laneMiddle(arm, i) + 4, "tg-life-lane"));
      write("where they are", this.trackTop(arm) + 18 + LANE + BAND / 2 + 4, "tg-life-lane");
    });
    if (!this.needs.length) return;
    write("Needs", this.needsTop + 12, "tg-life-arm");
    write(`upper bar: ${this.title(0)}; lower bar: ${this.title(1)}`, this.needsTop + 12, "tg-life-lane").attr("x", LEFT + 6);
    this.needs.forEach((need, i) => write(need.replaceAll("_", " "), this.needTop(i) + 10, "tg-life-lane"));
  }

  needTop(i) {
    return this.needsTop + 18 + i * NEED;
  }

  drawAxis(x) {
    const ticks = Math.max(3, Math.floor((this.width - LEFT) / 80));
    this.svg.select(".tg-life-axis").attr("transform", `translate(0,${this.plotEnd})`)
      .call(axisBottom(x).ticks(ticks).tickSize(-this.plotEnd + TOP).tickPadding(7).tickSizeOuter(0));
  }

  /** Shade the time in which there is one life. */
  drawShared(plot, x) {
    const { divergence, now } = this.life;
    const until = x(divergence ? Date.parse(divergence.date) : atWeek(now + 1));
    plot.append("rect").attr("class", "tg-life-shared").attr("x", 0).attr("y", TOP - 4).attr("width", Math.max(0, until)).attr("height", this.plotEnd - TOP + 4);
    const room = until - LEFT;
    if (room > 110) plot.append("text").attr("class", "tg-life-shared-text").attr("x", LEFT + 6).attr("y", 15).text("one life so far");
  }

  drawLanes(plot, arm) {
    plot.append("g").selectAll("line").data(LANES).join("line").attr("class", "tg-life-rule").attr("x1", LEFT).attr("x2", this.width)
      .attr("y1", (_, i) => this.laneMiddle(arm, i)).attr("y2", (_, i) => this.laneMiddle(arm, i));
  }

  drawStates(plot, arm, i, x) {
    const top = this.trackTop(i) + 18 + LANE;
    const runs = runsOf(arm.states, this.life.now).filter((run) => run.state !== ABSENT && x(run.end) > LEFT && x(run.start) < this.width);
    const groups = plot.append("g").selectAll("g").data(runs).join("g");
    groups.append("rect").attr("class", "tg-life-run").attr("x", (run) => x(run.start)).attr("width", (run) => Math.max(1, x(run.end) - x(run.start)))
      .attr("y", top).attr("height", BAND).attr("fill", (run) => this.states[run.state].colour);
    groups.append("text").attr("class", "tg-life-run-name").attr("x", (run) => Math.max(LEFT, x(run.start)) + 7).attr("y", top + BAND / 2 + 4)
      .attr("fill", (run) => inkOn(this.states[run.state].colour))
      .text((run) => fit(this.states[run.state].label, x(run.end) - Math.max(LEFT, x(run.start)) - 12));
  }

  drawEvents(plot, arm, i, x) {
    const order = Object.keys(KINDS);
    const seen = arm.events.filter((one) => x(atDay(one.day)) > LEFT - 8 && x(atDay(one.day)) < this.width);
    const drawn = seen.sort((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind));
    plot.append("g").selectAll("path").data(drawn).join("path").attr("class", "tg-life-event").attr("d", (one) => kindOf(one).path)
      .attr("fill", (one) => kindOf(one).colour).attr("transform", (one) => `translate(${x(atDay(one.day))},${this.laneMiddle(i, kindOf(one).lane)})`);
    this.ringFirst(plot, arm, i, x);
  }

  /** Ring the event that is the first to differ. */
  ringFirst(plot, arm, i, x) {
    const first = arm.events[this.life.divergence?.index[i] ?? -1];
    if (first) plot.append("circle").attr("class", "tg-life-ring").attr("r", 8).attr("cx", x(atDay(first.day))).attr("cy", this.laneMiddle(i, kindOf(first).lane));
  }

  drawNeeds(plot, arm, i, x) {
    const spans = this.needs.flatMap((need, row) => (arm.needs?.[need] ?? []).map(([from, to]) => ({ row, start: atWeek(from), end: atWeek(to + 1) })));
    plot.append("g").selectAll("rect").data(spans).join("rect").attr("x", (span) => x(span.start)).attr("width", (span) => Math.max(1, x(span.end) - x(span.start)))
      .attr("y", (span) => this.needTop(span.row) + 2 + i * 6).attr("height", 4).attr("fill", COLOURS[i]);
  }

  /** The line across both tracks on the day the lives part, with the date. */
  drawParting(x) {
    const group = this.svg.select(".tg-life-parting-line").html("");
    const { divergence } = this.life;
    if (!divergence) return;
    const px = x(Date.parse(divergence.date));
    if (px < LEFT || px > this.width - RIGHT) return;
    group.append("line").attr("x1", px).attr("x2", px).attr("y1", 4).attr("y2", this.plotEnd);
    const left = px > this.width - 200;
    group.append("text").attr("x", px + (left ? -6 : 6)).attr("y", 15).attr("text-anchor", left ? "end" : "start")
      .text(`the lives part, ${sayDay(Date.parse(divergence.date))}`);
  }

  point(time, y) {
    this.hover = time;
    this.hoverY = y ?? 30;
    this.drawHover();
  }

  drawHover() {
    const layer = this.svg.select(".tg-hover").html("");
    this.tip.attr("hidden", "");
    if (this.hover === null) return;
    const px = this.now()(this.hover);
    if (px < LEFT || px > this.width - RIGHT) return;
    layer.append("line").attr("x1", px).attr("x2", px).attr("y1", TOP - 6).attr("y2", this.plotEnd);
    this.tip.attr("hidden", null).selectAll("p").data(this.readout(this.hover, 5)).join("p").attr("class", (row) => row.look).text((row) => row.text);
    const [wide, high] = [this.tip.node().offsetWidth, this.tip.node().offsetHeight];
    this.tip.style("left", `${px + 14 + wide > this.width ? Math.max(0, px - 14 - wide) : px + 14}px`)
      .style("top", `${Math.max(0, Math.min(this.hoverY - 10, this.plotEnd - high))}px`);
  }

  /** What both lives hold at a time: states, and the events within `reach` pixels. */
  readout(time, reach) {
    const x = this.now();
    const rows = [{ text: sayDay(time), look: "tg-tip-date" }];
    this.life.arms.forEach((arm, i) => {
      const state = stateAt(arm.states, time);
      rows.push({ text: `${this.title(i)}: ${state === ABSENT ? "not yet known" : this.states[state].label}`, look: `tg-tip-arm-${i} tg-life-tip-arm` });
      const near = arm.events.filter((one) => Math.abs(x(atDay(one.day)) - x(time)) <= reach + 0.01);
      near.slice(0, MOST_TOLD).forEach((one) => rows.push({ text: `${sayDay(atDay(one.day))}: ${one.what}${one.detail ? `. ${one.detail}` : ""}`, look: "tg-life-tip-event" }));
      if (near.length > MOST_TOLD) rows.push({ text: `and ${near.length - MOST_TOLD} more`, look: "tg-life-tip-event" });
    });
    return rows;
  }

  /** What bands and signs mean, of those in these lives. */
  legend() {
    const states = new Set(this.life.arms.flatMap((arm) => arm.states.map((run) => run[1])));
    const kinds = new Set(this.life.arms.flatMap((arm) => arm.events.map((one) => one.kind)));
    const bands = this.states.filter((_, i) => states.has(i)).map((one) => ({ label: one.label, colour: one.colour, path: SWATCH }));
    return [...bands, ...Object.entries(KINDS).filter(([kind]) => kinds.has(kind)).map(([, kind]) => kind)];
  }

  /** One sentence that stands for the timelines. */
  summary() {
    const { divergence, arms, person } = this.life;
    const parting = divergence ? `The two lives part on ${sayDay(Date.parse(divergence.date))}.` : "The two lives are the same so far.";
    return `Timelines of person ${person}: ${arms.map((arm, i) => `${arm.events.length} events under ${this.title(i)}`).join(", ")}. ${parting} `
      + "Left and right arrows go from event to event, plus and minus zoom.";
  }

  // Events as lists

  writeEvents() {
    const section = this.body.append("div").attr("class", "tg-life-pair");
    this.life.arms.forEach((arm, i) => {
      const column = section.append("section").attr("class", "tg-life-column");
      column.append("h4").attr("class", `tg-arm-${i}`).text(`Events: ${this.title(i)}`);
      const box = column.append("div").attr("class", "tg-life-list").attr("tabindex", 0).attr("role", "region").attr("aria-label", `Events under ${this.title(i)}`);
      this.fillEvents(box, arm, i);
    });
  }

  fillEvents(box, arm, i) {
    const rows = listOf(arm.events, this.life.divergence, i);
    if (!rows.length) box.append("p").attr("class", "tg-quiet").text("Nothing yet.");
    const items = box.append("ol").selectAll("li").data(rows).join("li").classed("tg-life-first", (row) => row.isFirst);
    items.append("time").attr("datetime", (row) => row.date).text((row) => sayDay(Date.parse(row.date)));
    const words = items.append("div");
    words.append("span").attr("class", "tg-life-what").text((row) => row.what);
    words.filter((row) => row.isFirst).append("span").attr("class", "tg-life-tag").text("first to differ");
    words.filter((row) => row.detail).append("span").attr("class", "tg-life-detail").text((row) => row.detail);
  }

  // Ties

  buildTies() {
    const section = this.body.append("div").attr("class", "tg-life-pair");
    this.ties = this.life.arms.map((arm, i) => {
      const column = section.append("section").attr("class", "tg-life-column");
      column.append("h4").attr("class", `tg-arm-${i}`).text(`Ties: ${this.title(i)}`);
      const svg = column.append("svg").attr("class", "tg-life-ties").attr("role", "group").attr("aria-label", `Ties of person ${this.life.person} under ${this.title(i)}`);
      const more = arm.ties.length - strongest(arm.ties).length;
      column.append("p").attr("class", "tg-quiet").text(tiesNote(arm.ties.length, more));
      return svg;
    });
  }

  /** The person in the middle; the same tie at the same angle under both regimes; the stronger, the nearer. */
  drawTies(svg, arm) {
    const width = svg.node().parentNode.clientWidth;
    const height = TIES_HIGH;
    svg.html("").attr("width", width).attr("height", height).attr("viewBox", `0 0 ${width} ${height}`);
    const angles = anglesOf(this.life.arms.flatMap((one) => strongest(one.ties)));
    const spots = strongest(this.life.arms[arm].ties).map((tie) => spotOf(tie, angles.get(tieKey(tie)), width, height));
    const middle = [width / 2, height / 2];
    svg.append("g").selectAll("line").data(spots).join("line").attr("class", (spot) => `tg-tie tg-tie-${spot.tie.kind}`)
      .attr("x1", middle[0]).attr("y1", middle[1]).attr("x2", (spot) => spot.x).attr("y2", (spot) => spot.y);
    spots.forEach((spot) => this.drawTie(svg, spot));
    this.drawSelf(svg, arm, middle);
  }

  drawSelf(svg, arm, [x, y]) {
    const state = this.states[stateAt(this.life.arms[arm].states, atWeek(this.life.now))];
    const group = svg.append("g").attr("transform", `translate(${x},${y})`);
    group.append("circle").attr("class", "tg-tie-self").attr("r", 15);
    if (state) group.append("path").attr("d", SHAPES[state.shape]).attr("fill", state.colour).attr("transform", "scale(1.3)");
    group.append("text").attr("class", "tg-tie-name tg-tie-self-name").attr("y", 30).attr("text-anchor", "middle").text(this.life.person);
  }

  drawTie(svg, { tie, x, y, side, room }) {
    const group = svg.append("g").attr("transform", `translate(${x},${y})`);
    const state = tie.state === null ? null : this.states[tie.state];
    group.append("title").text(`${isPeer(tie) ? `Person ${tie.person}, ` : ""}${tie.label}: ${sayTie(tie)}${state ? `, ${state.label.toLowerCase()}` : ""}`);
    if (isPeer(tie)) this.drawPeer(group, tie, state);
    else group.append("path").attr("class", `tg-tie-hub tg-tie-hub-${tie.kind}`).attr("d", tie.kind === "officer" ? "M-8,-8H8V8H-8Z" : "M-9,0L-4.5,-8H4.5L9,0L4.5,8H-4.5Z");
    const [dx, dy, anchor] = side === 0 ? [0, y < TIES_HIGH / 2 ? -15 : 24, "middle"] : [14 * side, 4, side > 0 ? "start" : "end"];
    const lines = isPeer(tie) ? [String(tie.person)] : twoLines(tie.label, room);
    group.append("text").attr("class", "tg-tie-name").attr("text-anchor", anchor).selectAll("tspan").data(lines).join("tspan")
      .attr("x", dx).attr("y", (_, i) => dy + 13 * (i - (lines.length - 1) / 2)).text(String);
  }

  /** A peer: pressing it opens that life. */
  drawPeer(group, tie, state) {
    group.attr("class", "tg-tie-peer").attr("role", "button").attr("tabindex", 0)
      .attr("aria-label", `Open the life of person ${tie.person}, ${tie.label}, ${sayTie(tie)}${state ? `, ${state.label.toLowerCase()}` : ""}`)
      .on("click", () => this.onPerson(tie.person))
      .on("keydown", (event) => { if (event.key === "Enter" || event.key === " ") { event.preventDefault(); this.onPerson(tie.person); } });
    group.append("circle").attr("class", "tg-tie-back").attr("r", 12);
    group.append("path").attr("d", state ? SHAPES[state.shape] : SHAPES.dot).attr("fill", state ? state.colour : "#8a95a3");
  }

  /** Events of both lives, one a row. */
  rows() {
    return this.life.arms.flatMap((arm, i) => arm.events.map((one, place) => ({
      scenario: this.arms[i].name ?? arm.name, seed: this.provenance?.seed ?? "", person: this.life.person, date: one.date, day: one.day,
      kind: one.kind, what: one.what, detail: one.detail, first_to_differ: this.life.divergence?.index[i] === place ? "yes" : "",
    })));
  }
}

/** The look and lane of an event. */
function kindOf(one) {
  return KINDS[one.kind] ?? KINDS.record;
}

/** Run lengths as spans of time; the last goes on until the end of this week. */
function runsOf(states, now) {
  return states.map(([week, state], i) => ({ state, start: atWeek(week), end: atWeek(states[i + 1]?.[0] ?? now + 1) }));
}

/** The state at a time, or absent before the first. */
function stateAt(states, time) {
  const i = bisectRight(states.map((run) => atWeek(run[0])), time) - 1;
  return i < 0 ? ABSENT : states[i][1];
}

/** An arm's events as lines, with a line where this life has nothing on the day the other differs. */
function listOf(events, divergence, arm) {
  const rows = events.map((one, i) => ({ ...one, isFirst: divergence?.index[arm] === i }));
  if (!divergence || divergence.index[arm] !== null) return rows;
  const place = rows.findIndex((row) => row.date >= divergence.date);
  rows.splice(place < 0 ? rows.length : place, 0, { date: divergence.date, what: "Nothing on this day", detail: "", isFirst: true });
  return rows;
}

/** Dark or white, whichever reads better on a colour. */
function inkOn(colour) {
  const [r, g, b] = [1, 3, 5].map((i) => (parseInt(colour.slice(i, i + 2), 16) / 255) ** 2.2);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.215 ? "#1b2430" : "#ffffff";
}

/** As much of a text as fits a width, or nothing. */
function fit(text, width) {
  const room = Math.floor(width / 6.6);
  if (text.length <= room) return text;
  return room >= 6 ? `${text.slice(0, room - 1).trimEnd()}…` : "";
}

/** Whether a tie is to another person of the model. */
function isPeer(tie) {
  return tie.kind === "co_offending" || tie.kind === "custody";
}

const KIND_ORDER = ["co_offending", "custody", "officer", "charity"];
const byKind = (a, b) => KIND_ORDER.indexOf(a.kind) - KIND_ORDER.indexOf(b.kind) || a.person - b.person;
const tieKey = (tie) => `${tie.kind} ${tie.person} ${tie.label}`;
const sayTie = (tie) => ({ co_offending: "has offended with them", custody: "met in custody", officer: "officer", charity: "charity" })[tie.kind] ?? tie.kind;

/** The ties that are drawn: all organisations, and the strongest peers. */
function strongest(ties) {
  const peers = ties.filter(isPeer).sort((a, b) => b.strength - a.strength);
  return [...ties.filter((tie) => !isPeer(tie)), ...peers.slice(0, MOST_PEERS)];
}

/** What stands under the ties. */
function tiesNote(count, more) {
  if (!count) return "No ties at this time.";
  const key = "Nearer is stronger; solid lines: offended together; dashed: met in custody. Square: officer; hexagon: charity.";
  return more > 0 ? `${key} ${more} weaker ties are left out.` : key;
}

/** An angle for each tie of either regime: peers on the right, organisations on the left where names have room. */
function anglesOf(ties) {
  const sorted = [...ties].sort(byKind);
  const keysOf = (ours) => [...new Set(sorted.filter((tie) => isPeer(tie) === ours).map(tieKey))];
  const spread = (keys, middle, span) => keys.map((key, i) => [key, middle + (span * (i - (keys.length - 1) / 2)) / Math.max(1, keys.length)]);
  return new Map([...spread(keysOf(true), 0, 1.3 * Math.PI), ...spread(keysOf(false), Math.PI, 0.68 * Math.PI)]);
}

/** A name on at most two lines of a width. */
function twoLines(text, width) {
  const room = Math.max(6, Math.floor(width / 6.6));
  if (text.length <= room) return [text];
  const cut = text.lastIndexOf(" ", room);
  return cut > 0 ? [text.slice(0, cut), fit(text.slice(cut + 1), width)] : [fit(text, width)];
}

/** Where a tie stands around the person: distance by strength. */
function spotOf(tie, angle, width, height) {
  const reach = 0.4 + 0.6 * (1 - Math.max(0, Math.min(1, tie.strength)));
  const [rx, ry] = [Math.min(isPeer(tie) ? 200 : 150, width / 2 - 100), height / 2 - 26];
  const side = Math.abs(Math.cos(angle)) < 0.25 ? 0 : Math.sign(Math.cos(angle));
  const [x, y] = [width / 2 + rx * reach * Math.cos(angle), height / 2 + ry * reach * Math.sin(angle)];
  return { tie, side, x, y, room: side > 0 ? width - x - 16 : side < 0 ? x - 16 : 190 };
}
