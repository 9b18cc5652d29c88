/** What is drawn of two lives on one axis of time: lanes of events, bands of states, needs, and where the lives part. */
import { axisBottom } from "d3-axis";
import { ABSENT, atDate, atDay, atWeek, fit, KINDS, kindOf } from "./life_signs.js";

/** @typedef {import("./timelines.js").Timelines} Timelines */

export const LEFT = 124;
export const RIGHT = 22;
export const TOP = 24;
export const AXIS = 24;
const COLOURS = ["#4477aa", "#cc6677"];
const LANES = ["offences", "courts", "prison, release", "supervision", "help, peers"];
const LANE = 15;
const BAND = 20;
const HEAD = 18;
const TRACK = HEAD + LANE + BAND + 4 + 4 * LANE;
const TRACK_GAP = 14;
const NEEDS_TOP = TOP + 2 * TRACK + TRACK_GAP + 8;
const NEED = 15;
const MARKS = [{ label: 15, from: 4, ring: 8 }, { label: 33, from: 22, ring: 6.5 }]; // of the parting, and of what followed

const trackTop = (arm) => TOP + arm * (TRACK + TRACK_GAP);
const bandTop = (arm) => trackTop(arm) + HEAD + LANE;
const needTop = (row) => NEEDS_TOP + HEAD + row * NEED;

/** How high the plot is. */
export const heightOf = (needs) => NEEDS_TOP + (needs.length ? 20 + needs.length * NEED : 0);

/** The middle of a lane: offences above the band of states, the others below. */
function laneMiddle(arm, lane) {
  return lane === 0 ? bandTop(arm) - LANE / 2 : bandTop(arm) + BAND + 4 + (lane - 0.5) * LANE;
}

/** Draw everything but the line at the pointer. @param {Timelines} lines */
export function drawTimelines(lines) {
  const x = lines.now();
  const plot = lines.svg.select(".tg-life-plot").html("");
  drawLabels(lines);
  drawAxis(lines, x);
  drawShared(lines, plot, x);
  lines.told.life.arms.forEach((arm, i) => {
    drawLanes(lines, plot, i);
    drawStates(lines, plot, arm, i, x);
    drawEvents(lines, plot, arm, i, x);
    drawNeeds(lines, plot, arm, i, x);
  });
  drawPartings(lines, x);
  drawWeek(lines);
}

/** Move the line at the week shown, which may be beyond what is in view. */
export function drawWeek(lines) {
  const px = lines.time && lines.week !== null ? lines.now()(atWeek(lines.week)) : -1;
  const line = lines.svg.select(".tg-life-week").attr("display", lines.isIn(px) ? null : "none");
  if (lines.isIn(px)) line.attr("x1", px).attr("x2", px).attr("y2", lines.plotEnd);
}

function drawLabels({ svg, told, needs }) {
  const labels = svg.select(".tg-life-labels").html("");
  const write = (text, y, look) => labels.append("text").attr("class", look).attr("x", 12).attr("y", y).text(text);
  told.arms.forEach(({ title }, arm) => {
    write(fit(title, LEFT - 14), trackTop(arm) + 12, `tg-life-arm tg-life-arm-${arm}`);
    LANES.forEach((lane, i) => write(lane, laneMiddle(arm, i) + 4, "tg-life-lane"));
    write("where they are", bandTop(arm) + BAND / 2 + 4, "tg-life-lane");
  });
  if (!needs.length) return;
  const bars = `upper bar: ${told.arms[0].title}; lower bar: ${told.arms[1].title}`;
  write("Needs", NEEDS_TOP + 12, "tg-life-arm");
  write(bars, NEEDS_TOP + 12, "tg-life-lane").attr("x", LEFT + 6);
  needs.forEach((need, row) => write(need.replaceAll("_", " "), needTop(row) + 10, "tg-life-lane"));
}

function drawAxis({ svg, width, plotEnd }, x) {
  const room = Math.max(3, Math.floor((width - LEFT) / 80));
  const ticks = x.ticks(room);
  const every = Math.ceil(ticks.length / room); // of more ticks than there is room for, every second or third
  svg.select(".tg-life-axis").attr("transform", `translate(0,${plotEnd})`)
    .call(axisBottom(x).tickValues(ticks.filter((_, i) => i % every === 0)).tickSize(-plotEnd + TOP).tickPadding(7).tickSizeOuter(0));
}

/** Shade the time in which there is one life. */
function drawShared({ told: { life }, partings, plotEnd }, plot, x) {
  const until = x(partings.length ? atDate(partings[0].date) : atWeek(life.now + 1));
  plot.append("rect").attr("class", "tg-life-shared").attr("x", 0).attr("y", TOP - 4)
    .attr("width", Math.max(0, until)).attr("height", plotEnd - TOP + 4);
  if (until - LEFT <= 110) return;
  plot.append("text").attr("class", "tg-life-shared-text").attr("x", LEFT + 6).attr("y", 15).text("one life so far");
}

function drawLanes({ width }, plot, arm) {
  const y = (_, i) => laneMiddle(arm, i);
  plot.append("g").selectAll("line").data(LANES).join("line").attr("class", "tg-life-rule").attr("x1", LEFT).attr("x2", width)
    .attr("y1", y).attr("y2", y);
}

function drawStates({ told: { life, states }, width }, plot, arm, i, x) {
  const runs = runsOf(arm.states, life.now).filter((run) => run.state !== ABSENT && x(run.end) > LEFT && x(run.start) < width);
  const groups = plot.append("g").selectAll("g").data(runs).join("g");
  const from = (run) => Math.max(LEFT, x(run.start));
  groups.append("rect").attr("class", "tg-life-run").attr("x", (run) => x(run.start)).attr("y", bandTop(i)).attr("height", BAND)
    .attr("width", (run) => Math.max(1, x(run.end) - x(run.start))).attr("fill", (run) => states[run.state].colour);
  groups.append("text").attr("class", "tg-life-run-name").attr("x", (run) => from(run) + 7).attr("y", bandTop(i) + BAND / 2 + 4)
    .attr("fill", (run) => inkOn(states[run.state].colour))
    .text((run) => fit(states[run.state].label, x(run.end) - from(run) - 12));
}

function drawEvents({ width, partings }, plot, arm, i, x) {
  const seen = arm.events.filter((one) => x(atDay(one.day)) > LEFT - 8 && x(atDay(one.day)) < width);
  const order = Object.keys(KINDS);
  const drawn = seen.sort((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind));
  const place = (one) => `translate(${x(atDay(one.day))},${laneMiddle(i, kindOf(one).lane)})`;
  plot.append("g").selectAll("path").data(drawn).join("path").attr("class", "tg-life-event").attr("d", (one) => kindOf(one).path)
    .attr("fill", (one) => kindOf(one).colour).attr("transform", place);
  for (const { index, rank } of partings) if (arm.events[index[i]]) ring(plot, place(arm.events[index[i]]), rank);
}

/** Ring an event that is the first to differ. */
function ring(plot, transform, rank) {
  plot.append("circle").attr("class", `tg-life-ring tg-life-ring-${rank}`).attr("r", MARKS[rank].ring).attr("transform", transform);
}

function drawNeeds({ needs }, plot, arm, i, x) {
  const spansOf = (need, row) => (arm.needs?.[need] ?? []).map(([from, to]) => ({ row, start: atWeek(from), end: atWeek(to + 1) }));
  plot.append("g").selectAll("rect").data(needs.flatMap(spansOf)).join("rect").attr("x", (span) => x(span.start))
    .attr("width", (span) => Math.max(1, x(span.end) - x(span.start))).attr("y", (span) => needTop(span.row) + 2 + i * 6)
    .attr("height", 4).attr("fill", COLOURS[i]);
}

/** Lines across both tracks on the days on which the lives part, with the dates. */
function drawPartings(lines, x) {
  const group = lines.svg.select(".tg-life-parting-line").html("");
  for (const { date, rank, mark } of lines.partings) {
    const px = x(atDate(date));
    if (!lines.isIn(px)) continue;
    const { label, from } = MARKS[rank];
    const isLeft = px > lines.width - 200;
    const one = group.append("g").attr("class", `tg-life-mark-${rank}`);
    one.append("line").attr("x1", px).attr("x2", px).attr("y1", from).attr("y2", lines.plotEnd);
    one.append("text").attr("x", px + (isLeft ? -6 : 6)).attr("y", label).attr("text-anchor", isLeft ? "end" : "start").text(mark);
  }
}

/** Run lengths as spans of time; the last goes on until the end of this week. */
function runsOf(states, now) {
  return states.map(([week, state], i) => ({ state, start: atWeek(week), end: atWeek(states[i + 1]?.[0] ?? now + 1) }));
}

/** Dark or white, whichever reads better on a colour. */
function inkOn(colour) {
  const [r, g, b] = [1, 3, 5].map((i) => (parseInt(colour.slice(i, i + 2), 16) / 255) ** 2.2);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.215 ? "#1b2430" : "#ffffff";
}
