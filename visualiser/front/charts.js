/** Small multiples: the measures of both regimes over time, with what was published beside them. */
import { bisectCenter, extent, max, min } from "d3-array";
import { axisBottom, axisLeft } from "d3-axis";
import { format } from "d3-format";
import { scaleLinear, scaleUtc } from "d3-scale";
import { pointer, select } from "d3-selection";
import { area, line, symbol, symbolDiamond2 } from "d3-shape";
import { utcFormat } from "d3-time-format";
import { downloadMenu, showLegend } from "./download.js";

/**
 * @typedef {{arm: 0|1, x: string[], y: (number|null)[], low: (number|null)[]|null, high: (number|null)[]|null}} Series
 * @typedef {{x: string[], y: number[], label: string, source: string}} Published
 * @typedef {{id: string, title: string, unit: string, digits: number, note: string, series: Series[], published: Published[]}} Panel
 * Values are in the panel's unit: 35.4 of unit "percent" is 35.4%.
 */

const COLOURS = ["var(--base)", "var(--reform)"];
const EXPORT_COLOURS = ["#4477aa", "#cc6677"];
const DASHES = [null, "6 4"];
const DIAMOND = symbol(symbolDiamond2, 60)();
const PUBLISHED_COLOUR = "#1b2430";
const HEIGHT = 224;
const BOX = { top: 34, right: 18, bottom: 24, left: 52 };
const MARKER_ROOM = 15;
const DAY = 86_400_000;
const sayDay = utcFormat("%-d %b %Y");
const EMPTY = {
  reoffending: "No cohort is complete yet: a cohort is followed for a year, with six more months for proof.",
};

/** Milliseconds of an ISO date. */
const at = (iso) => Date.parse(`${iso}T00:00:00Z`);

/**
 * Write a value in its panel's unit.
 * @param {{unit: string, digits?: number}} panel
 * @param {number|null|undefined} value
 * @returns {string}
 */
export function say(panel, value) {
  if (value === null || value === undefined || Number.isNaN(value)) return "no value";
  const digits = panel.digits ?? 0;
  if (panel.unit === "percent") return `${format(`,.${digits}f`)(value)}%`;
  if (panel.unit === "pounds") return sayPounds(value);
  return format(`,.${digits}f`)(value).replace("−", "-");
}

/** Pounds with k, m or bn, three figures. */
function sayPounds(value) {
  const size = Math.abs(value);
  const [by, mark] = size >= 1e9 ? [1e9, "bn"] : size >= 1e6 ? [1e6, "m"] : size >= 1e3 ? [1e3, "k"] : [1, ""];
  const text = size / by >= 100 || by === 1 ? Math.round(size / by) : (size / by).toFixed(1).replace(/\.0$/, "");
  return `${value < 0 ? "-" : ""}£${text}${mark}`;
}

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
    this.grid.selectAll("svg.tg-chart").each((panel, i, nodes) => this.drawNow(select(nodes[i])));
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
    const bands = panels.some((panel) => panel.series.some((one) => one.low)) ? [{ label: "interval", colour: "#8a95a3", path: "M-11,-5H11V5H-11Z" }] : [];
    return [...arms, ...bands, ...published.map((label) => ({ label, colour: PUBLISHED_COLOUR, path: DIAMOND, hollow: true }))];
  }

  /** The reform dates as entries of a downloaded figure's legend. */
  leverMarks() {
    return this.levers.map((lever) => ({ label: `${sayDay(lever.day)}: ${lever.text(this.arms)}`, colour: PUBLISHED_COLOUR, text: String(lever.number) }));
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
    svg.attr("width", this.wide).attr("viewBox", `0 0 ${this.wide} ${HEIGHT}`).attr("tabindex", empty ? null : 0).attr("aria-label", this.summary(panel));
    const y = yScale(panel);
    const from = y.domain()[0];
    this.scales.set(panel.id, y);
    figure.select(".tg-unit").text(`${sayUnit(panel.unit)}${from > 0 && !empty ? `, axis from ${sayTick(panel, from)}` : ""}`);
    this.drawAxes(svg, panel, empty);
    this.drawLevers(svg, empty ? [] : this.levers);
    this.drawData(svg, panel);
    this.drawNow(svg);
  }

  /** One sentence with the last values, for those who do not see the picture. */
  summary(panel) {
    if (!panel.days.length) return `${panel.title}: ${EMPTY[panel.id] ?? "Nothing yet."}`;
    const last = this.readout(panel, panel.days.at(-1)).map((row) => row.text).join("; ");
    return `${titleWithUnit(panel)}. Last values: ${last}. Left and right arrows move through the dates.`;
  }

  drawAxes(svg, panel, empty) {
    const y = this.scales.get(panel.id);
    const [left, right] = this.time.range();
    const axes = svg.select(".tg-axes");
    if (!changed(axes, [y.domain(), this.time.domain(), right, empty, panel.unit])) return;
    axes.html("");
    axes.append("g").attr("transform", `translate(0,${HEIGHT - BOX.bottom})`)
      .call(axisBottom(this.time).ticks(Math.max(2, Math.floor((right - left) / 62))).tickSizeOuter(0));
    if (empty) return;
    axes.append("g").attr("transform", `translate(${left},0)`)
      .call(axisLeft(y).ticks(5).tickFormat((value) => sayTick(panel, value)).tickSize(-(right - left)))
      .call((g) => g.select(".domain").remove());
  }

  drawLevers(svg, levers) {
    const [left, right] = this.time.range();
    const shown = levers.filter((lever) => this.time(lever.day) >= left && this.time(lever.day) <= right);
    const places = spread(shown.map((lever) => this.time(lever.day)), MARKER_ROOM, left, right);
    const layer = svg.select(".tg-levers");
    if (!changed(layer, [places, shown.map((lever) => lever.text(this.arms))])) return;
    const groups = layer.selectAll("g").data(shown).join("g").html("");
    groups.append("title").text((lever) => `${sayDay(lever.day)}: ${lever.text(this.arms)}`);
    groups.append("path").attr("class", "tg-lever-line")
      .attr("d", (lever, i) => `M${places[i]},17L${this.time(lever.day)},${BOX.top - 8}V${HEIGHT - BOX.bottom}`);
    groups.append("circle").attr("class", "tg-lever-dot").attr("cx", (_, i) => places[i]).attr("cy", 10).attr("r", 7);
    groups.append("text").attr("class", "tg-lever-number").attr("x", (_, i) => places[i]).attr("y", 13.5).text((lever) => lever.number);
  }

  drawData(svg, panel) {
    const y = this.scales.get(panel.id);
    const x = (_, i, days) => this.time(days[i]);
    const data = svg.select(".tg-data").html("");
    if (!panel.days.length) return;
    for (const one of panel.series) {
      if (!one.low || !one.high) continue;
      const band = area().defined((i) => ok(one.low[i]) && ok(one.high[i])).x((i) => this.time(one.days[i]))
        .y0((i) => y(one.low[i])).y1((i) => y(one.high[i]));
      data.append("path").attr("class", "tg-band").attr("fill", COLOURS[one.arm]).attr("d", band(one.days.keys()));
    }
    for (const one of panel.series) {
      const path = line().defined((i) => ok(one.y[i])).x((i) => this.time(one.days[i])).y((i) => y(one.y[i]));
      data.append("path").attr("class", "tg-line").attr("stroke", COLOURS[one.arm]).attr("stroke-dasharray", DASHES[one.arm])
        .attr("d", path(one.days.keys()));
      if (one.days.length < 3) data.selectAll(null).data(one.days).join("circle").attr("r", 3).attr("fill", COLOURS[one.arm])
        .attr("cx", x).attr("cy", (_, i) => y(one.y[i] ?? NaN)).attr("display", (_, i) => (ok(one.y[i]) ? null : "none"));
    }
    for (const one of panel.published) this.drawPublished(data, one, y);
  }

  drawPublished(data, one, y) {
    const [left, right] = this.time.range();
    const seen = one.days.map((day, i) => ({ px: this.time(day), value: one.y[i] })).filter((spot) => spot.px >= left && spot.px <= right && ok(spot.value));
    data.append("g").selectAll("path").data(seen).join("path").attr("class", "tg-published").attr("d", DIAMOND)
      .attr("transform", (spot) => `translate(${spot.px},${y(spot.value)})`);
  }

  drawNow(svg) {
    const [left, right] = this.time.range();
    const px = this.now === null ? -1 : this.time(this.now);
    const seen = px >= left && px <= right;
    svg.select(".tg-now").selectAll("line").data(seen ? [px] : []).join("line").attr("x1", px).attr("x2", px)
      .attr("y1", BOX.top - 8).attr("y2", HEIGHT - BOX.bottom);
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
      layer.append("circle").attr("r", one.arm ? 3.2 : 5.2).attr("fill", COLOURS[one.arm]).attr("cx", this.time(one.days[i])).attr("cy", y(one.y[i]));
    }
    if (this.hover.id === panel.id) this.showTip(tip, panel, px);
  }

  showTip(tip, panel, px) {
    tip.attr("hidden", null).selectAll("p").data(this.readout(panel, this.hover.day)).join("p").attr("class", (row) => row.look).text((row) => row.text);
    const size = tip.node().offsetWidth;
    const [, right] = this.time.range();
    tip.style("left", `${px + 12 + size > right + BOX.right ? Math.max(0, px - 12 - size) : px + 12}px`);
  }

  /** What stands at a date: the date, both arms with intervals, and the published level where one is near. */
  readout(panel, day) {
    const nearestDay = panel.days[bisectCenter(panel.days, day)];
    const rows = panel.series.map((one) => this.sayArm(panel, one, day)).filter(Boolean);
    const published = panel.published.map((one) => sayPublished(panel, one, nearestDay)).filter(Boolean);
    const levers = this.levers.filter((lever) => Math.abs(this.time(lever.day) - this.time(day)) < 6)
      .map((lever) => ({ text: `${lever.number}: ${lever.text(this.arms)}`, look: "tg-tip-lever" }));
    return [{ text: sayDay(nearestDay), look: "tg-tip-date" }, ...rows, ...published, ...levers];
  }

  sayArm(panel, one, day) {
    const i = nearest(one, day);
    if (i === null) return null;
    const interval = one.low && ok(one.low[i]) && ok(one.high[i]) ? ` (${say(panel, one.low[i])}\u00a0to\u00a0${say(panel, one.high[i])})` : "";
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
      scenario: "published", seed: "", measure: panel.id, unit: panel.unit, date, value: one.y[i], low: null, high: null, source: `${one.label}: ${one.source}`,
    })));
    return [...modelled, ...published];
  }
}

/** Whether what an element shows differs from when this was last asked of it: drawing again costs more. */
function changed(selection, parts) {
  const [node, now] = [selection.node(), JSON.stringify(parts)];
  if (node.tgShown === now) return false;
  node.tgShown = now;
  return true;
}

/** Whether a value is a number that can be drawn. */
function ok(value) {
  return value !== null && value !== undefined && Number.isFinite(value);
}

/** Add dates as numbers, and the dates at which either arm has a value. */
function readPanel(panel) {
  const series = panel.series.map((one) => ({ ...one, days: one.x.map(at) }));
  const published = (panel.published ?? []).map((one) => ({ ...one, days: one.x.map(at) }));
  const days = [...new Set(series.flatMap((one) => one.days.filter((_, i) => ok(one.y[i]))))].sort((a, b) => a - b);
  return { ...panel, series, published, days };
}

/** One marker for each date, with all that starts on it. */
function groupByDay(levers) {
  const days = [...new Set(levers.map((lever) => at(lever.date)))].sort((a, b) => a - b);
  return days.map((day, i) => {
    const here = levers.filter((lever) => at(lever.date) === day);
    return { day, number: i + 1, text: (arms) => sayReforms(here, arms), brief: (arms) => sayReforms(here, arms, true) };
  });
}

/** The reforms of one date, with the regimes that have them; brief, those of the reform arm alone need no word. */
function sayReforms(levers, arms, isBrief = false) {
  const whose = { "1": isBrief ? "" : ` (${arms[1].title})`, "0": ` (${arms[0].title})`, "0,1": " (both)" };
  return Object.entries(whose).map(([key, word]) => {
    const titles = levers.filter((lever) => [...lever.arms].sort().join() === key).map((lever) => lever.title);
    return titles.length ? `${titles.join(", ")}${word}` : "";
  }).filter(Boolean).join("; ");
}

/** Move ordered places apart so that neighbours keep `room`, within the plot. */
function spread(places, room, left, right) {
  const out = [...places];
  for (let i = 1; i < out.length; i++) out[i] = Math.max(out[i], out[i - 1] + room);
  for (let i = out.length - 1, edge = right; i >= 0; edge = out[i] - room, i--) out[i] = Math.min(out[i], edge);
  return out.map((place) => Math.max(place, left));
}

/** Place of the value nearest to a day, or null where the series has none within reach. */
function nearest(one, day) {
  if (!one.days.length) return null;
  const i = bisectCenter(one.days, day);
  return Math.abs(one.days[i] - day) > 200 * DAY ? null : i;
}

/** The published level nearest to a day, within half of the points' own spacing. */
function sayPublished(panel, one, day) {
  const i = nearest(one, day);
  const reach = one.days.length > 1 ? (one.days[1] - one.days[0]) / 2 : 46 * DAY;
  if (i === null || Math.abs(one.days[i] - day) > reach || !ok(one.y[i])) return null;
  return { text: `${one.label}, ${sayDay(one.days[i])}: ${say(panel, one.y[i])} (published, ${one.source})`, look: "tg-tip-published" };
}

/** From zero unless all values lie in the upper part of the range. */
function yScale(panel) {
  const values = [...panel.series.flatMap((one) => [...one.y, ...(one.low ?? []), ...(one.high ?? [])]), ...panel.published.flatMap((one) => one.y)].filter(ok);
  const [low, high] = [min(values) ?? 0, max(values) ?? 1];
  const from = low > 0.6 * high ? low - 0.15 * (high - low || high) : Math.min(0, low);
  return scaleLinear().domain([from, high === from ? from + 1 : high]).nice(5).range([HEIGHT - BOX.bottom, BOX.top]);
}

/** A tick, with no more digits than it needs. */
function sayTick(panel, value) {
  if (panel.unit === "pounds") return sayPounds(value);
  const text = value.toLocaleString("en-GB", { maximumFractionDigits: 3 });
  return panel.unit === "percent" ? `${text}%` : text;
}

/** A unit in the reader's words. */
function sayUnit(unit) {
  return { percent: "% of people", pounds: "£", ratio: "ratio" }[unit] ?? unit;
}

/** A title that can stand without its chart. */
function titleWithUnit(panel) {
  return `${panel.title} (${sayUnit(panel.unit)})`;
}
