/** Where people are on 1 January, and how they move to the next: an alluvial picture for each regime. */
import { max, sum } from "d3-array";
import { pointer, select } from "d3-selection";
import { downloadMenu } from "./download.js";
import { BAR, HEIGHT, heightScale, labelLines, LINE, meanOf, place, ribbonPath } from "./flow_layout.js";
import { freshId } from "./html.js";

/**
 * @typedef {{years: number[], states: string[], arms: {moves: number[][][]}[], note: string}} Flow
 * `moves[k][i][j]` is the number of people in state i on 1 January of `years[k]` and in state j a year later.
 * @typedef {{arm: number, year: number, step: number, from: number, to: number, people: number}} Ribbon
 */

const FREE = 0;
const MOST_STEPS = 4;
const UNKNOWN = "#8a95a3";
const HATCH = "M-1,1L1,-1M0,6L6,0M5,7L7,5";
const BASELINE = 0.78;
const LEAST_WIDTH = 380;
const people = (n) => n.toLocaleString("en-GB", { maximumFractionDigits: n < 10 ? 1 : 0 });

/** Two alluvial pictures on one scale. */
export class Flow {
  /**
   * @param {HTMLElement} root an empty element of the page
   * @param {{states?: {label: string, colour: string}[]}} [options] states of the menu, for their colours
   */
  constructor(root, options = {}) {
    this.root = select(root).classed("tg-flow", true);
    this.states = options.states ?? [];
    this.arms = [{ title: "Base" }, { title: "Reform" }];
    this.first = null;
    this.steps = 1;
    this.leavesOut = true;
    this.buildControls();
    this.note = this.root.append("p").attr("class", "tg-quiet tg-flow-note");
    this.grid = this.root.append("div").attr("class", "tg-flow-grid");
    this.tables = this.root.append("details").attr("class", "tg-flow-tables");
    this.tables.append("summary").text("The same numbers as tables");
    this.watch = new ResizeObserver(() => requestAnimationFrame(() => this.resize()));
    this.watch.observe(root);
    this.draw();
  }

  buildControls() {
    const bar = this.root.append("div").attr("class", "tg-flow-controls");
    const choose = (text) => bar.append("label").call((label) => label.append("span").text(text)).append("select");
    this.yearSelect = choose("From 1 January of").on("change", (event) => this.chooseYear(event.target.value));
    this.stepSelect = choose("Years across").on("change", (event) => this.chooseSteps(Number(event.target.value)));
    const check = bar.append("label").attr("class", "tg-flow-check");
    check.append("input").attr("type", "checkbox").property("checked", true).on("change", (event) => this.chooseFree(event.target.checked));
    check.append("span").text("Leave out those who stay free");
  }

  /** @param {{name: string, title: string}[]} arms base first */
  setArms(arms) {
    this.arms = arms;
    this.draw();
  }

  /** @param {{label: string, colour: string}[]} states of the menu */
  setStates(states) {
    this.states = states;
    this.draw();
  }

  /** @param {import("./download.js").Provenance} provenance what downloads say of themselves */
  setProvenance(provenance) {
    this.provenance = provenance;
  }

  /** @param {Flow} flow */
  set(flow) {
    this.flow = flow;
    if (!flow.years.includes(this.first)) this.first = null;
    this.draw();
  }

  /** Draw again where the width has changed. */
  resize() {
    if (this.grid.node().clientWidth !== this.width) this.draw();
  }

  destroy() {
    this.watch.disconnect();
    this.root.html("").classed("tg-flow", false);
  }

  chooseYear(value) {
    this.first = value === "all" ? null : Number(value);
    this.draw();
  }

  chooseSteps(steps) {
    this.steps = steps;
    this.draw();
  }

  chooseFree(leavesOut) {
    this.leavesOut = leavesOut;
    this.draw();
  }

  draw() {
    this.width = this.grid.node().clientWidth;
    if (!this.width) return;
    const empty = !this.flow || this.flow.arms.every((arm) => arm.moves.length === 0);
    this.root.classed("tg-flow-is-empty", empty);
    this.fillControls(empty);
    this.note.text(empty ? "Nothing yet: the first year must end before anyone can be seen to have moved." : this.sayNote());
    this.grid.selectAll("figure").remove();
    this.tables.selectAll("table").remove();
    this.tables.attr("hidden", empty ? "" : null);
    if (empty) return;
    const pictures = this.arms.map((_, arm) => this.columns(arm));
    const scale = heightScale(pictures);
    pictures.forEach((columns, arm) => this.drawArm(arm, columns, scale));
    pictures.forEach((columns, arm) => this.writeTable(arm, columns));
  }

  fillControls(empty) {
    const years = this.flow?.years.slice(0, this.yearsMoved()) ?? [];
    const options = [["all", "all years together"], ...years.map((year) => [year, year])];
    fill(this.yearSelect, options, this.first ?? "all");
    const room = this.first === null ? 1 : Math.min(MOST_STEPS, years.length - years.indexOf(this.first));
    const steps = Array.from({ length: Math.max(1, room) }, (_, i) => [i + 1, i + 1]);
    fill(this.stepSelect, steps, Math.min(this.steps, steps.length));
    this.stepSelect.attr("disabled", this.first === null ? "" : null);
    this.root.selectAll("input").attr("disabled", empty ? "" : null);
    this.yearSelect.attr("disabled", empty ? "" : null);
  }

  /** Number of years that both regimes have been through. */
  yearsMoved() {
    return this.flow ? Math.min(...this.flow.arms.map((arm) => arm.moves.length)) : 0;
  }

  sayNote() {
    const span = this.first === null ? `The mean of ${this.yearsMoved()} years, from one 1 January to the next.` : "";
    const free = this.leavesOut ? "Those free on both days are left out, so the bars of the free show only who comes or goes." : "";
    return [span, free, this.flow.note].filter(Boolean).join(" ");
  }

  /** The matrices shown for an arm, each with its year; null for the mean of all. */
  matrices(arm) {
    const { years, arms } = this.flow;
    if (this.first === null) return [{ year: null, moves: meanOf(arms[arm].moves.slice(0, this.yearsMoved())) }];
    const start = years.indexOf(this.first);
    const steps = Math.min(this.steps, this.yearsMoved() - start);
    return Array.from({ length: steps }, (_, i) => ({ year: years[start + i], moves: arms[arm].moves[start + i] }));
  }

  /** Bars of each 1 January and ribbons between them, in people. */
  columns(arm) {
    const steps = this.matrices(arm);
    const ribbons = steps.flatMap(({ year, moves }, step) =>
      moves.flatMap((row, from) => row.map((n, to) => ({ arm, year, step, from, to, people: n }))))
      .filter((one) => one.people > 0 && !(this.leavesOut && one.from === FREE && one.to === FREE));
    const bars = Array.from({ length: steps.length + 1 }, (_, column) => this.flow.states.map((label, state) => {
      const out = sum(ribbons, (one) => (one.step === column && one.from === state ? one.people : 0));
      const into = sum(ribbons, (one) => (one.step === column - 1 && one.to === state ? one.people : 0));
      const most = Math.max(out, into);
      return { column, state, label, people: most, lines: labelLines(label, people(most)) };
    }));
    return { ribbons, bars, years: steps.map((one) => one.year) };
  }

  drawArm(arm, columns, scale) {
    const figure = this.grid.append("figure").attr("class", `tg-figure tg-flow-figure tg-flow-arm-${arm}`);
    figure.append("figcaption").append("h3").text(this.arms[arm].title);
    const stage = figure.append("div").attr("class", "tg-stage");
    const width = Math.max(LEAST_WIDTH, figure.node().clientWidth);
    const svg = stage.append("svg").attr("class", "tg-flow-picture").attr("role", "img").attr("width", width).attr("height", HEIGHT)
      .attr("viewBox", `0 0 ${width} ${HEIGHT}`).attr("aria-label", this.summary(arm, columns));
    const tip = stage.append("div").attr("class", "tg-tip").attr("hidden", "");
    const hatch = addHatch(svg);
    place(columns, scale, width);
    this.drawYears(svg, columns);
    this.drawRibbons(svg, columns, tip, hatch);
    this.drawBars(svg, columns, hatch);
    this.addMenu(figure, svg, arm);
  }

  addMenu(figure, svg, arm) {
    const foot = figure.append("div").attr("class", "tg-figure-foot");
    downloadMenu(foot, {
      title: () => `Where people are on 1 January: ${this.arms[arm].title}`, part: () => `flow-${this.arms[arm].name ?? arm}`,
      svg: () => svg.node(), rows: () => this.rows(), legend: () => [], provenance: () => this.provenance,
    });
    foot.append("p").attr("class", "tg-quiet tg-note").text("Point at a ribbon for its number of people.");
  }

  /** One sentence that stands for the picture. */
  summary(arm, columns) {
    const most = [...columns.ribbons].filter((one) => one.from !== one.to).sort((a, b) => b.people - a.people).slice(0, 3);
    const moves = most.map((one) => this.sayRibbon(one)).join("; ");
    return `How people move between states under ${this.arms[arm].title}. The largest moves: ${moves}. The tables below hold all.`;
  }

  sayRibbon(one) {
    const { states } = this.flow;
    const when = one.year === null ? "in a mean year" : String(one.year);
    const path = one.from === one.to ? `${states[one.from]} on both days` : `${states[one.from]} → ${states[one.to]}`;
    return `${people(one.people)} people: ${path}, ${when}`;
  }

  /** A state's colour; of those who are not known or no longer tracked there is none. */
  colour(state) {
    const label = this.flow.states[state];
    return (this.states.find((one) => one.label === label) ?? this.states[state])?.colour ?? null;
  }

  drawYears(svg, { bars, years }) {
    svg.append("g").selectAll("text").data(bars).join("text").attr("class", "tg-flow-year").attr("y", 26)
      .attr("x", (column) => column[0].x + BAR / 2)
      .text((_, i) => (years[0] === null ? ["1 January", "a year later"][i] : `1 Jan ${years[0] + i}`));
  }

  drawRibbons(svg, { ribbons }, tip, hatch) {
    const paths = svg.append("g").selectAll("path").data([...ribbons].sort((a, b) => b.people - a.people)).join("path").attr("class", "tg-ribbon")
      .attr("d", ribbonPath).attr("fill", (one) => this.colour(one.from) ?? hatch)
      .classed("tg-ribbon-unknown", (one) => this.colour(one.from) === null);
    paths.append("title").attr("data-screen-only", "").text((one) => this.sayRibbon(one));
    paths.on("pointermove", (event, one) => showTip(tip, this.sayRibbon(one), pointer(event, svg.node())))
      .on("pointerleave", () => tip.attr("hidden", ""));
  }

  drawBars(svg, { bars }, hatch) {
    const all = bars.flat().filter((bar) => bar.people > 0);
    svg.append("g").selectAll("rect").data(all).join("rect").attr("x", (bar) => bar.x).attr("y", (bar) => bar.y)
      .attr("width", BAR).attr("height", (bar) => Math.max(1, bar.size)).attr("fill", (bar) => this.colour(bar.state) ?? hatch)
      .attr("stroke", (bar) => (this.colour(bar.state) === null ? UNKNOWN : null));
    this.labelSide(svg, bars[0], (bar) => bar.x - 6, "end");
    this.labelSide(svg, bars.at(-1), (bar) => bar.x + BAR + 6, "start");
  }

  /** Name the bars of an outer column, each label in the middle of its bar. */
  labelSide(svg, column, x, anchor) {
    const names = svg.append("g").selectAll("text").data(column.filter((bar) => bar.people > 0)).join("text")
      .attr("class", "tg-flow-name").attr("text-anchor", anchor);
    const top = ({ y, size, lines }) => y + (size - lines.length * LINE) / 2;
    names.attr("transform", (bar) => `translate(${x(bar)},${top(bar)})`);
    names.selectAll("tspan").data((bar) => bar.lines).join("tspan").attr("x", 0).attr("y", (_, i) => (i + BASELINE) * LINE).text(String);
    names.select("tspan:last-child").each(function (bar) {
      const number = people(bar.people);
      this.textContent = this.textContent.slice(0, -number.length);
      select(this).append("tspan").attr("class", "tg-flow-count").text(number);
    });
  }

  /** The moves as a table: from down, to across. */
  writeTable(arm, { years }) {
    for (const { year, moves } of this.matrices(arm)) {
      const table = this.tables.append("table");
      const when = year === null ? "mean of all years" : `1 January ${year} to 1 January ${year + 1}`;
      table.append("caption").text(`${this.arms[arm].title}: people by state, ${when}`);
      const head = table.append("thead").append("tr");
      head.selectAll("th").data(["From, to", ...this.flow.states]).join("th").attr("scope", "col").text(String);
      const rows = table.append("tbody").selectAll("tr").data(moves).join("tr");
      rows.append("th").attr("scope", "row").text((_, i) => this.flow.states[i]);
      rows.selectAll("td").data((row) => row).join("td").text(people);
    }
  }

  /** All moves of both regimes in the years shown, none left out. */
  rows() {
    return this.arms.flatMap((arm, i) => this.matrices(i).flatMap(({ year, moves }) => moves.flatMap((row, from) => row.map((n, to) => ({
      scenario: arm.name ?? arm.title, seed: this.provenance?.seed ?? "", from_1_january_of: year ?? "mean of all years",
      from: this.flow.states[from], to: this.flow.states[to], people: n,
    })))));
  }
}

/** Fill a select with [value, text] and choose one, without closing it where nothing changed. */
function fill(box, options, chosen) {
  box.selectAll("option").data(options).join("option").attr("value", (option) => option[0]).text((option) => option[1]);
  box.property("value", String(chosen));
}

/** Add the hatching of those who are not known or no longer tracked, and return its name as a fill. */
function addHatch(svg) {
  const id = freshId("hatch");
  const pattern = svg.append("defs").append("pattern").attr("id", id).attr("width", 6).attr("height", 6).attr("patternUnits", "userSpaceOnUse");
  pattern.append("rect").attr("width", 6).attr("height", 6).attr("fill", "#fff");
  pattern.append("path").attr("d", HATCH).attr("stroke", UNKNOWN).attr("stroke-width", 1).attr("fill", "none");
  return `url(#${id})`;
}

/** Show a tooltip beside the pointer, within the picture. */
function showTip(tip, text, [x, y]) {
  tip.attr("hidden", null).text(text);
  const room = tip.node().parentNode.clientWidth - tip.node().offsetWidth;
  tip.style("left", `${max([0, Math.min(x + 12, room)])}px`).style("top", `${y + 14}px`);
}
