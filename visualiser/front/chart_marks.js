/** What is drawn in one chart: axes, the dates of reforms, lines with their intervals, published values, the week shown. */
import { max, min } from "d3-array";
import { axisBottom, axisLeft } from "d3-axis";
import { scaleLinear } from "d3-scale";
import { area, line, symbol, symbolDiamond2 } from "d3-shape";
import { ok, sayDay, sayTick } from "./chart_data.js";

export const HEIGHT = 224;
export const BOX = { top: 34, right: 18, bottom: 24, left: 52 };
export const COLOURS = ["var(--base)", "var(--reform)"];
export const DASHES = [null, "6 4"];
export const DIAMOND = symbol(symbolDiamond2, 60)();
const MARKER_ROOM = 15;
const TICK_ROOM = 62;

/** The axes of time and of values. */
export function drawAxes(svg, panel, { time, y, empty }) {
  const [left, right] = time.range();
  const axes = svg.select(".tg-axes");
  if (!changed(axes, [y.domain(), time.domain(), right, empty, panel.unit])) return;
  axes.html("");
  axes.append("g").attr("transform", `translate(0,${HEIGHT - BOX.bottom})`)
    .call(axisBottom(time).ticks(Math.max(2, Math.floor((right - left) / TICK_ROOM))).tickSizeOuter(0));
  if (empty) return;
  axes.append("g").attr("transform", `translate(${left},0)`)
    .call(axisLeft(y).ticks(5).tickFormat((value) => sayTick(panel, value)).tickSize(-(right - left)))
    .call((g) => g.select(".domain").remove());
}

/** A numbered marker for each date of reforms. */
export function drawLevers(svg, levers, { time, arms }) {
  const [left, right] = time.range();
  const shown = levers.filter((lever) => time(lever.day) >= left && time(lever.day) <= right);
  const places = spread(shown.map((lever) => time(lever.day)), MARKER_ROOM, left, right);
  const layer = svg.select(".tg-levers");
  if (!changed(layer, [places, shown.map((lever) => lever.text(arms))])) return;
  const groups = layer.selectAll("g").data(shown).join("g").html("");
  groups.append("title").text((lever) => `${sayDay(lever.day)}: ${lever.text(arms)}`);
  groups.append("path").attr("class", "tg-lever-line")
    .attr("d", (lever, i) => `M${places[i]},17L${time(lever.day)},${BOX.top - 8}V${HEIGHT - BOX.bottom}`);
  groups.append("circle").attr("class", "tg-lever-dot").attr("cx", (_, i) => places[i]).attr("cy", 10).attr("r", 7);
  groups.append("text").attr("class", "tg-lever-number").attr("x", (_, i) => places[i]).attr("y", 13.5).text((lever) => lever.number);
}

/** Intervals, lines and published values. */
export function drawData(svg, panel, { time, y }) {
  const x = (_, i, days) => time(days[i]);
  const data = svg.select(".tg-data").html("");
  if (!panel.days.length) return;
  for (const one of panel.series) {
    if (!one.low || !one.high) continue;
    const band = area().defined((i) => ok(one.low[i]) && ok(one.high[i])).x((i) => time(one.days[i]))
      .y0((i) => y(one.low[i])).y1((i) => y(one.high[i]));
    data.append("path").attr("class", "tg-band").attr("fill", COLOURS[one.arm]).attr("d", band(one.days.keys()));
  }
  for (const one of panel.series) {
    const path = line().defined((i) => ok(one.y[i])).x((i) => time(one.days[i])).y((i) => y(one.y[i]));
    data.append("path").attr("class", "tg-line").attr("stroke", COLOURS[one.arm]).attr("stroke-dasharray", DASHES[one.arm])
      .attr("d", path(one.days.keys()));
    if (one.days.length < 3) data.selectAll(null).data(one.days).join("circle").attr("r", 3).attr("fill", COLOURS[one.arm])
      .attr("cx", x).attr("cy", (_, i) => y(one.y[i] ?? NaN)).attr("display", (_, i) => (ok(one.y[i]) ? null : "none"));
  }
  for (const one of panel.published) drawPublished(data, one, time, y);
}

function drawPublished(data, one, time, y) {
  const [left, right] = time.range();
  const spots = one.days.map((day, i) => ({ px: time(day), value: one.y[i] }));
  const seen = spots.filter(({ px, value }) => px >= left && px <= right && ok(value));
  data.append("g").selectAll("path").data(seen).join("path").attr("class", "tg-published").attr("d", DIAMOND)
    .attr("transform", (spot) => `translate(${spot.px},${y(spot.value)})`);
}

/** A line at the week shown. */
export function drawNow(svg, now, time) {
  const [left, right] = time.range();
  const px = now === null ? -1 : time(now);
  const isSeen = px >= left && px <= right;
  svg.select(".tg-now").selectAll("line").data(isSeen ? [px] : []).join("line").attr("x1", px).attr("x2", px)
    .attr("y1", BOX.top - 8).attr("y2", HEIGHT - BOX.bottom);
}

/** Move ordered places apart so that neighbours keep `room`, within the plot. */
function spread(places, room, left, right) {
  const out = [...places];
  for (let i = 1; i < out.length; i++) out[i] = Math.max(out[i], out[i - 1] + room);
  for (let i = out.length - 1, edge = right; i >= 0; edge = out[i] - room, i--) out[i] = Math.min(out[i], edge);
  return out.map((place) => Math.max(place, left));
}

/** From zero unless all values lie in the upper part of the range. */
export function yScale(panel) {
  const modelled = panel.series.flatMap((one) => [...one.y, ...(one.low ?? []), ...(one.high ?? [])]);
  const values = [...modelled, ...panel.published.flatMap((one) => one.y)].filter(ok);
  const [low, high] = [min(values) ?? 0, max(values) ?? 1];
  const from = low > 0.6 * high ? low - 0.15 * (high - low || high) : Math.min(0, low);
  return scaleLinear().domain([from, high === from ? from + 1 : high]).nice(5).range([HEIGHT - BOX.bottom, BOX.top]);
}

/** Whether what an element shows differs from when this was last asked of it: drawing again costs more. */
export function changed(selection, parts) {
  const [node, now] = [selection.node(), JSON.stringify(parts)];
  if (node.tgShown === now) return false;
  node.tgShown = now;
  return true;
}
