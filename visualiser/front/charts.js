/** Small multiples: the measures of both regimes over time, with what was published beside them. */
import { bisectCenter, extent } from "d3-array";
import { scaleUtc } from "d3-scale";
import { pointer, select } from "d3-selection";
import { at, DAY, groupByDay, nearest, ok, readPanel, say, sayDay, sayPublished, sayTick, sayUnit, titleWithUnit } from "./chart_data.js";
import { BOX, changed, COLOURS, DASHES, DIAMOND, drawAxes, drawData, drawLevers, drawNow, HEIGHT, yScale } from "./chart_marks.js";
import { downloadMenu, showLegend } from "./download.js";

/** @typedef {import("./chart_data.js").Panel} Panel */

const EXPORT_COLOURS = ["#4477aa", "#cc6677"];
const PUBLISHED_COLOUR = "#1b2430";
const NEAR_PX = 6;
const EMPTY = {
  reoffending: "No cohort is complete yet: a cohort is followed for a year, with six more months for proof.",
};

/** The charts of a pair of regimes, sharing one time axis and one hover line. */
export class Charts {
  /** @param {HTMLElement} root an empty element of the page */
  constructor(root) {
    this.root = select(root).classed("tg-charts", true);
    this.legend = this.root.append("div").attr("class", "tg-legend");
    const key = this.root.append("div").attr("class", "tg-reforms");
    this.keyNote = key.append("span");
    this.key = key.append("ol").attr("class", "tg-reform-key").attr("aria-label", "Dates of the reforms");
    this.grid = this.root.append("div").attr("class", "tg-charts-grid");
    this.live = this.root.append("div").attr("class", "tg-hidden").attr("aria-live", "polite");
    this.arms = [{ title: "Base" }, { title: "Reform" }];
    this.levers = [];
    this.panels = [];
    this.span = null;
    this.now = null;
    this.hover = null;
    this.scales = new Map();
    this.watch = new ResizeObserver(() => requestAnimationFrame(() => this.resize()));
    this.watch.observe(root);
  }

  /** @param {{name: string, title: string}[]} arms base first */
  setArms(arms) {
    this.arms = arms;
    this.draw();
  }

  /** @param {{name: string, title: string, date: string, arms: number[]}[]} levers reforms with their dates */
  setLevers(levers) {
    this.levers = groupByDay(levers);
    this.draw();
  }

  /** Hold the time axis from one ISO date to another; without it the axis spans what there is. */
  setSpan(from, to) {
    this.span = [at(from), at(to)];
    this.draw();
  }

  /** @param {import("./download.js").Provenance} provenance what downloads say of themselves */
  setProvenance(provenance) {
    this.provenance = provenance;
  }

  /** @param {{week: number, panels: Panel[]}} charts */
  set(charts) {
    this.panels = charts.panels.map(readPanel);
    this.draw();
  }

  /** @param {string} iso the date of the week shown */
  setWeekDate(iso) {
    this.now = at(iso);
    this.grid.selectAll("svg.tg-chart").each((panel, i, nodes) => drawNow(select(nodes[i]), this.now, this.time));
  }

  /** Draw again where the width has changed. */
  resize() {
    const width = this.grid.node().clientWidth;
    if (width && width !== this.width) this.draw();
  }

  destroy() {
    this.watch.disconnect();
    this.root.html("").classed("tg-charts", false);
  }

  /** Draw everything; nothing while the page hides the charts. */
  draw() {
    this.width = this.grid.node().clientWidth;
    if (!this.width) return;
    this.time = scaleUtc().domain(this.span ?? this.spanOfData());
    this.drawLegend();
    const figures = this.grid.selectAll("figure").data(this.panels, (panel) => panel.id);
    figures.exit().remove();
    const all = figures.enter().append((panel) => this.newFigure(panel)).merge(figures).order();
    this.wide = Math.max(220, (all.node()?.clientWidth ?? 0));
    this.time.range([BOX.left, this.wide - BOX.right]);
    all.each((panel, i, nodes) => this.drawFigure(select(nodes[i]), panel));
    this.drawHover();
  }

  /** The dates that all data, published points included, lie between. */
  spanOfData() {
    const days = this.panels.flatMap((panel) => [...panel.series, ...panel.published].flatMap((one) => one.days));
    const [first, last] = extent([...days, this.now].filter((day) => day !== null));
    return first === undefined ? [at("2008-01-07"), at("2009-01-05")] : [first, Math.max(last, first + 28 * DAY)];
  }

  /** What the lines, bands and diamonds mean. */
  marks(panels = this.panels) {
    const arms = this.arms.map((arm, i) => ({ label: arm.title, colour: EXPORT_COLOURS[i], dash: DASHES[i] ?? undefined }));
    const sources = [...new Set(panels.flatMap((panel) => panel.published.map((one) => one.source)))];
    const named = sources.join("; ");
    const published = sources.length ? [named.length > 80 ? "published (sources on hover)" : `published, ${named}`] : [];
    const hasBands = panels.some((panel) => panel.series.some((one) => one.low));
    const bands = hasBands ? [{ label: "interval", colour: "#8a95a3", path: "M-11,-5H11V5H-11Z" }] : [];
    return [...arms, ...bands, ...published.map((label) => ({ label, colour: PUBLISHED_COLOUR, path: DIAMOND, hollow: true }))];
  }

  /** The reform dates as entries of a downloaded figure's legend. */
  leverMarks() {
    const name = (lever) => `${sayDay(lever.day)}: ${lever.text(this.arms)}`;
    return this.levers.map((lever) => ({ label: name(lever), colour: PUBLISHED_COLOUR, text: String(lever.number) }));
  }

  drawLegend() {
    const [marks, arms] = [this.marks(), this.arms.map((arm) => arm.title)];
    if (!changed(this.legend, [marks, arms, this.levers.map((lever) => [lever.day, lever.text(this.arms)])])) return;
    showLegend(this.legend, marks);
    this.keyNote.text(this.levers.length ? `Reforms, of ${this.arms[1].title} unless said:` : "");
    const items = this.key.selectAll("li").data(this.levers).join("li").html("");
    items.append("span").attr("class", "tg-reform-number").text((lever) => lever.number);
    items.append("span").text((lever) => `${sayDay(lever.day)}: ${lever.brief(this.arms)}`);
  }

  /** An empty figure for a panel; its parts live as long as the panel does. */
  newFigure(panel) {
    const figure = select(document.createElement("figure")).attr("class", "tg-figure");
    const head = figure.append("figcaption");
    head.append("h3");
    head.append("span").attr("class", "tg-quiet tg-unit");
    const stage = figure.append("div").attr("class", "tg-stage");
    const svg = stage.append("svg").attr("class", "tg-chart").attr("role", "img").attr("height", HEIGHT);
    for (const layer of ["levers", "axes", "data", "now", "hover"]) svg.append("g").attr("class", `tg-${layer}`);
    svg.select(".tg-hover").attr("data-screen-only", "");
    stage.append("div").attr("class", "tg-tip").attr("hidden", "");
    stage.append("p").attr("class", "tg-empty");
    const foot = figure.append("div").attr("class", "tg-figure-foot");
    const latest = () => this.panels.find((one) => one.id === panel.id);
    downloadMenu(foot, {
      title: () => titleWithUnit(latest() ?? panel), part: () => panel.id, svg: () => svg.node(), rows: () => this.rows(latest()),
      legend: () => [...this.marks([latest()]), ...this.leverMarks()], provenance: () => this.provenance,
    });
    foot.append("p").attr("class", "tg-quiet tg-note");
    this.listen(svg, panel.id);
    return figure.node();
  }

  /** Move the hover line by mouse and by keys. */
  listen(svg, id) {
    svg.on("pointermove", (event) => this.point({ id, day: Number(this.time.invert(pointer(event)[0])) }))
      .on("pointerleave", () => this.point(null))
      .on("focus", () => { if (!this.hover && svg.node().matches(":focus-visible")) this.moveTo(id, Infinity); })
      .on("blur", () => this.point(null))
      .on("keydown", (event) => this.press(event, id));
  }

  press(event, id) {
    const steps = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity };
    if (event.key === "Escape") this.point(null);
    if (!(event.key in steps)) return;
    event.preventDefault();
    this.moveTo(id, steps[event.key]);
  }

  /** Move the hover line by steps of the panel's own dates, and say what is there. */
  moveTo(id, steps) {
    const panel = this.panels.find((one) => one.id === id);
    if (!panel?.days.length) return;
    const now = this.hover ? bisectCenter(panel.days, this.hover.day) : panel.days.length - 1;
    const next = Math.max(0, Math.min(panel.days.length - 1, now + steps));
    this.point({ id, day: panel.days[next] });
    this.live.text(`${panel.title}. ${this.readout(panel, panel.days[next]).map((row) => row.text).join(". ")}`);
  }

  point(hover) {
    this.hover = hover;
    this.drawHover();
  }

  drawFigure(figure, panel) {
    const svg = figure.select("svg");
    const empty = panel.days.length === 0;
    figure.select("h3").text(panel.title);
    figure.select(".tg-note").text(panel.note ?? "");
    figure.select(".tg-empty").text(empty ? EMPTY[panel.id] ?? "Nothing yet." : "");
    figure.selectAll(".tg-download button").attr("disabled", empty ? "" : null);
    svg.attr("width", this.wide).attr("viewBox", `0 0 ${this.wide} ${HEIGHT}`).attr("tabindex", empty ? null : 0)
      .attr("aria-label", this.summary(panel));
    const y = yScale(panel);
    const from = y.domain()[0];
    this.scales.set(panel.id, y);
    figure.select(".tg-unit").text(`${sayUnit(panel.unit)}${from > 0 && !empty ? `, axis from ${sayTick(panel, from)}` : ""}`);
    drawAxes(svg, panel, { time: this.time, y, empty });
    drawLevers(svg, empty ? [] : this.levers, { time: this.time, arms: this.arms });
    drawData(svg, panel, { time: this.time, y });
    drawNow(svg, this.now, this.time);
  }

  /** One sentence with the last values, for those who do not see the picture. */
  summary(panel) {
    if (!panel.days.length) return `${panel.title}: ${EMPTY[panel.id] ?? "Nothing yet."}`;
    const last = this.readout(panel, panel.days.at(-1)).map((row) => row.text).join("; ");
    return `${titleWithUnit(panel)}. Last values: ${last}. Left and right arrows move through the dates.`;
  }

  /** The hover line in every chart, the tooltip in the one pointed at. */
  drawHover() {
    this.grid.selectAll("figure").each((panel, i, nodes) => this.drawHoverIn(select(nodes[i]), panel));
  }

  drawHoverIn(figure, panel) {
    const svg = figure.select("svg");
    const layer = svg.select(".tg-hover").html("");
    const y = this.scales.get(panel.id);
    const tip = figure.select(".tg-tip");
    tip.attr("hidden", "");
    if (!this.hover || !panel.days.length) return;
    const [left, right] = this.time.range();
    const px = Math.max(left, Math.min(right, this.time(this.hover.day)));
    layer.append("line").attr("x1", px).attr("x2", px).attr("y1", BOX.top - 8).attr("y2", HEIGHT - BOX.bottom);
    for (const one of panel.series) {
      const i = nearest(one, this.hover.day);
      if (i === null || !ok(one.y[i])) continue;
      layer.append("circle").attr("r", one.arm ? 3.2 : 5.2).attr("fill", COLOURS[one.arm])
        .attr("cx", this.time(one.days[i])).attr("cy", y(one.y[i]));
    }
    if (this.hover.id === panel.id) this.showTip(tip, panel, px);
  }

  showTip(tip, panel, px) {
    tip.attr("hidden", null).selectAll("p").data(this.readout(panel, this.hover.day)).join("p")
      .attr("class", (row) => row.look).text((row) => row.text);
    const size = tip.node().offsetWidth;
    const [, right] = this.time.range();
    tip.style("left", `${px + 12 + size > right + BOX.right ? Math.max(0, px - 12 - size) : px + 12}px`);
  }

  /** What stands at a date: the date, both arms with intervals, and the published level where one is near. */
  readout(panel, day) {
    const nearestDay = panel.days[bisectCenter(panel.days, day)];
    const rows = panel.series.map((one) => this.sayArm(panel, one, day)).filter(Boolean);
    const published = panel.published.map((one) => sayPublished(panel, one, nearestDay)).filter(Boolean);
    const levers = this.levers.filter((lever) => Math.abs(this.time(lever.day) - this.time(day)) < NEAR_PX)
      .map((lever) => ({ text: `${lever.number}: ${lever.text(this.arms)}`, look: "tg-tip-lever" }));
    return [{ text: sayDay(nearestDay), look: "tg-tip-date" }, ...rows, ...published, ...levers];
  }

  sayArm(panel, one, day) {
    const i = nearest(one, day);
    if (i === null) return null;
    const hasInterval = one.low && ok(one.low[i]) && ok(one.high[i]);
    const interval = hasInterval ? ` (${say(panel, one.low[i])}\u00a0to\u00a0${say(panel, one.high[i])})` : "";
    return { text: `${this.arms[one.arm].title}: ${say(panel, one.y[i])}${interval}`, look: `tg-tip-arm tg-tip-arm-${one.arm}` };
  }

  /** The data behind a chart, a value a row. */
  rows(panel) {
    const seed = this.provenance?.seed ?? "";
    const modelled = panel.series.flatMap((one) => one.x.map((date, i) => ({
      scenario: this.arms[one.arm].name ?? this.arms[one.arm].title, seed, measure: panel.id, unit: panel.unit, date,
      value: one.y[i], low: one.low?.[i], high: one.high?.[i], source: "model",
    })));
    const published = panel.published.flatMap((one) => one.x.map((date, i) => ({
      scenario: "published", seed: "", measure: panel.id, unit: panel.unit, date,
      value: one.y[i], low: null, high: null, source: `${one.label}: ${one.source}`,
    })));
    return [...modelled, ...published];
  }
}

