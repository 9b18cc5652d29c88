/** The data of the charts: panels as they come, read for drawing; values, units and reforms in words. */
import { bisectCenter } from "d3-array";
import { format } from "d3-format";
import { utcFormat } from "d3-time-format";

/**
 * @typedef {{arm: 0|1, x: string[], y: (number|null)[], low: (number|null)[]|null, high: (number|null)[]|null}} Series
 * @typedef {{x: string[], y: number[], label: string, source: string}} Published
 * @typedef {{id: string, title: string, unit: string, digits: number, note: string, series: Series[], published: Published[]}} Panel
 * Values are in the panel's unit: 35.4 of unit "percent" is 35.4%.
 */

export const DAY = 86_400_000;
const FAR = 200 * DAY; // beyond this a value is not one of the day
const HALF_QUARTER = 46 * DAY;
export const sayDay = utcFormat("%-d %b %Y");

/** Milliseconds of an ISO date. */
export const at = (iso) => Date.parse(`${iso}T00:00:00Z`);

/** Whether a value is a number that can be drawn. */
export function ok(value) {
  return value !== null && value !== undefined && Number.isFinite(value);
}

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

/** A tick, with no more digits than it needs. */
export function sayTick(panel, value) {
  if (panel.unit === "pounds") return sayPounds(value);
  const text = value.toLocaleString("en-GB", { maximumFractionDigits: 3 });
  return panel.unit === "percent" ? `${text}%` : text;
}

/** A unit in the reader's words. */
export function sayUnit(unit) {
  return { percent: "% of people", pounds: "£", ratio: "ratio" }[unit] ?? unit;
}

/** A title that can stand without its chart. */
export function titleWithUnit(panel) {
  return `${panel.title} (${sayUnit(panel.unit)})`;
}

/** Add dates as numbers, and the dates at which either arm has a value. */
export function readPanel(panel) {
  const series = panel.series.map((one) => ({ ...one, days: one.x.map(at) }));
  const published = (panel.published ?? []).map((one) => ({ ...one, days: one.x.map(at) }));
  const days = [...new Set(series.flatMap((one) => one.days.filter((_, i) => ok(one.y[i]))))].sort((a, b) => a - b);
  return { ...panel, series, published, days };
}

/** One marker for each date, with all that starts on it. */
export function groupByDay(levers) {
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

/** Place of the value nearest to a day, or null where the series has none within reach. */
export function nearest(one, day) {
  if (!one.days.length) return null;
  const i = bisectCenter(one.days, day);
  return Math.abs(one.days[i] - day) > FAR ? null : i;
}

/** The published level nearest to a day, within half of the points' own spacing. */
export function sayPublished(panel, one, day) {
  const i = nearest(one, day);
  const reach = one.days.length > 1 ? (one.days[1] - one.days[0]) / 2 : HALF_QUARTER;
  if (i === null || Math.abs(one.days[i] - day) > reach || !ok(one.y[i])) return null;
  return { text: `${one.label}, ${sayDay(one.days[i])}: ${say(panel, one.y[i])} (published, ${one.source})`, look: "tg-tip-published" };
}
