/** Signs, states and days of a life: what the timelines, the lists and the ties share. */
import { bisectRight } from "d3-array";
import { symbol, symbolCircle, symbolDiamond, symbolDiamond2, symbolSquare, symbolStar, symbolTriangle, symbolWye } from "d3-shape";
import { utcFormat } from "d3-time-format";
import { dateOf } from "./dates.js";

/**
 * @typedef {{day: number, date: string, what: string, detail: string, kind: string}} Event_
 * @typedef {{person: number, node: number|null, kind: string, label: string, strength: number, state: number|null}} Tie
 * @typedef {{name: string, outcome: string, events: Event_[], states: [number, number][], needs: Object<string, [number, number][]>,
 *   ties: Tie[]}} Arm
 * @typedef {{index: [number|null, number|null], date: string, arm_texts: [string, string], cause: string, explanation: string,
 *   then?: Divergence|null}} Divergence
 * @typedef {{person: number, who: string, now: number, arms: [Arm, Arm], divergence: Divergence|null}} LifeMessage
 * @typedef {{life: LifeMessage, states: {label: string, colour: string, shape: string}[], arms: {name: string, title: string}[],
 *   onPerson: (person: number) => void}} Told what is told, in which words and colours
 */

export const DAY = 86_400_000;
export const ABSENT = 255;
const CROSS = "M-4.6,-2.8L-2.8,-4.6L0,-1.8L2.8,-4.6L4.6,-2.8L1.8,0L4.6,2.8L2.8,4.6L0,1.8L-2.8,4.6L-4.6,2.8L-1.8,0Z";
const DOWN = "M0,5.2L-5,-3.6H5Z";

/** Outlines of the states' marks. */
export const SHAPES = {
  dot: symbol(symbolCircle, 42)(),
  square: symbol(symbolSquare, 56)(),
  triangle: symbol(symbolTriangle, 52)(),
  triangle_down: DOWN,
  block: symbol(symbolSquare, 80)(),
  cross: CROSS,
  star: symbol(symbolStar, 60)(),
};

/** The kinds of events, in the order in which they are drawn over one another. */
export const KINDS = {
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

/** The look and lane of an event. */
export const kindOf = (one) => KINDS[one.kind] ?? KINDS.record;

const sayTime = utcFormat("%-d %b %Y");
/** Milliseconds of a week, and of a day, of the model; of an ISO date. */
export const atWeek = (week) => Number(dateOf(week));
export const atDay = (day) => atWeek(day / 7);
export const atDate = (iso) => Date.parse(iso);
/** "2 Mar 2015", of milliseconds or an ISO date. */
export const sayDay = (time) => sayTime(typeof time === "string" ? atDate(time) : time);

/** The state at a time, or absent before the first. */
export function stateAt(states, time) {
  const i = bisectRight(states.map((run) => atWeek(run[0])), time) - 1;
  return i < 0 ? ABSENT : states[i][1];
}

/** As much of a text as fits a width, or nothing. */
export function fit(text, width) {
  const room = Math.floor(width / 6.6);
  if (text.length <= room) return text;
  return room >= 6 ? `${text.slice(0, room - 1).trimEnd()}…` : "";
}
