/** Whom a person is tied to under each regime: two small networks, the same tie at the same angle in both. */
import { select } from "d3-selection";
import { h } from "./html.js";
import { atWeek, fit, SHAPES, stateAt } from "./life_signs.js";

/** @typedef {import("./life_signs.js").Tie} Tie */

const HEIGHT = 260;
const MOST_PEERS = 8;
const LINE = 13;
const UNKNOWN = "#8a95a3";
const OFFICER = "M-8,-8H8V8H-8Z";
const CHARITY = "M-9,0L-4.5,-8H4.5L9,0L4.5,8H-4.5Z";
const KEY = "Nearer is stronger; solid lines: offended together; dashed: met in custody. Square: officer; hexagon: charity.";
const KINDS = { co_offending: "has offended with them", custody: "met in custody", officer: "officer", charity: "charity" };
const KIND_ORDER = Object.keys(KINDS);

const isPeer = (tie) => tie.kind === "co_offending" || tie.kind === "custody";
const byKind = (a, b) => KIND_ORDER.indexOf(a.kind) - KIND_ORDER.indexOf(b.kind) || a.person - b.person;
const keyOf = (tie) => `${tie.kind} ${tie.person} ${tie.label}`;
const sayTie = (tie) => KINDS[tie.kind] ?? tie.kind;

/** The ties of both lives. */
export class Ties {
  /** @param {import("./life_signs.js").Told} told */
  constructor(told) {
    this.element = h("div", { class: "tg-life-pair" });
    this.notes = told.life.arms.map(() => h("p", { class: "tg-quiet" }));
    this.svgs = told.life.arms.map((_, i) => this.#column(told, i));
    this.update(told);
  }

  /** Tell the same person's ties as they are now; `draw` draws them. @param {import("./life_signs.js").Told} told */
  update(told) {
    this.told = told;
    this.angles = anglesOf(told.life.arms.flatMap((arm) => strongest(arm.ties)));
    told.life.arms.forEach((arm, i) => (this.notes[i].textContent = noteOn(arm.ties)));
  }

  #column({ arms, life }, i) {
    const column = h("section", { class: "tg-life-column" }, h("h4", { class: `tg-arm-${i}` }, `Ties: ${arms[i].title}`));
    const svg = select(column).append("svg").attr("class", "tg-life-ties").attr("role", "group")
      .attr("aria-label", `Ties of person ${life.person} under ${arms[i].title}`);
    column.append(this.notes[i]);
    this.element.append(column);
    return svg;
  }

  /** Draw both at the width that there is. */
  draw() {
    this.svgs.forEach((svg, arm) => this.#drawArm(svg, arm));
  }

  /** The person in the middle; the stronger a tie, the nearer. */
  #drawArm(svg, arm) {
    const width = svg.node().parentNode.clientWidth;
    const focused = svg.node().contains(document.activeElement) ? document.activeElement.dataset.person : null;
    svg.html("").attr("width", width).attr("height", HEIGHT).attr("viewBox", `0 0 ${width} ${HEIGHT}`);
    const spots = strongest(this.told.life.arms[arm].ties).map((tie) => spotOf(tie, this.angles.get(keyOf(tie)), width));
    svg.append("g").selectAll("line").data(spots).join("line").attr("class", (spot) => `tg-tie tg-tie-${spot.tie.kind}`)
      .attr("x1", width / 2).attr("y1", HEIGHT / 2).attr("x2", (spot) => spot.x).attr("y2", (spot) => spot.y);
    spots.forEach((spot) => this.#drawTie(svg, spot));
    this.#drawSelf(svg, arm, width);
    if (focused) svg.node().querySelector(`[data-person="${focused}"]`)?.focus({ preventScroll: true });
  }

  #drawSelf(svg, arm, width) {
    const { life, states } = this.told;
    const state = states[stateAt(life.arms[arm].states, atWeek(life.now))];
    const group = svg.append("g").attr("transform", `translate(${width / 2},${HEIGHT / 2})`);
    group.append("circle").attr("class", "tg-tie-self").attr("r", 15);
    if (state) group.append("path").attr("d", SHAPES[state.shape]).attr("fill", state.colour).attr("transform", "scale(1.3)");
    group.append("text").attr("class", "tg-tie-name tg-tie-self-name").attr("y", 30).attr("text-anchor", "middle").text(life.person);
  }

  #drawTie(svg, { tie, x, y, side, room }) {
    const group = svg.append("g").attr("transform", `translate(${x},${y})`);
    const state = tie.state === null ? null : this.told.states[tie.state];
    const now = state ? `, ${state.label.toLowerCase()}` : "";
    group.append("title").text(`${isPeer(tie) ? `Person ${tie.person}, ` : ""}${tie.label}: ${sayTie(tie)}${now}`);
    if (isPeer(tie)) this.#drawPeer(group, tie, state, now);
    else group.append("path").attr("class", `tg-tie-hub tg-tie-hub-${tie.kind}`).attr("d", tie.kind === "officer" ? OFFICER : CHARITY);
    writeName(group, isPeer(tie) ? [String(tie.person)] : twoLines(tie.label, room), side, y);
  }

  /** A peer: pressing it opens that life. */
  #drawPeer(group, tie, state, now) {
    const open = () => this.told.onPerson(tie.person);
    group.attr("class", "tg-tie-peer").attr("role", "button").attr("tabindex", 0).attr("data-person", tie.person)
      .attr("aria-label", `Open the life of person ${tie.person}, ${tie.label}, ${sayTie(tie)}${now}`)
      .on("click", open).on("keydown", (event) => {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        open();
      });
    group.append("circle").attr("class", "tg-tie-back").attr("r", 12);
    group.append("path").attr("d", state ? SHAPES[state.shape] : SHAPES.dot).attr("fill", state ? state.colour : UNKNOWN);
  }
}

/** Write a name beside a tie's mark: left, right, or above or below it. */
function writeName(group, lines, side, y) {
  const beside = [14 * side, 4, side > 0 ? "start" : "end"];
  const [dx, dy, anchor] = side === 0 ? [0, y < HEIGHT / 2 ? -15 : 24, "middle"] : beside;
  group.append("text").attr("class", "tg-tie-name").attr("text-anchor", anchor).selectAll("tspan").data(lines).join("tspan")
    .attr("x", dx).attr("y", (_, i) => dy + LINE * (i - (lines.length - 1) / 2)).text(String);
}

/** The ties that are drawn: all organisations, and the strongest peers. */
function strongest(ties) {
  const peers = ties.filter(isPeer).sort((a, b) => b.strength - a.strength);
  return [...ties.filter((tie) => !isPeer(tie)), ...peers.slice(0, MOST_PEERS)];
}

/** What stands under the ties. */
function noteOn(ties) {
  if (!ties.length) return "No ties at this time.";
  const more = ties.length - strongest(ties).length;
  return more > 0 ? `${KEY} ${more} weaker ties are left out.` : KEY;
}

/** An angle for each tie of either regime: peers on the right, organisations on the left where names have room. */
function anglesOf(ties) {
  const sorted = [...ties].sort(byKind);
  const keysOf = (ours) => [...new Set(sorted.filter((tie) => isPeer(tie) === ours).map(keyOf))];
  const spread = (keys, middle, span) =>
    keys.map((key, i) => [key, middle + (span * (i - (keys.length - 1) / 2)) / Math.max(1, keys.length)]);
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
function spotOf(tie, angle, width) {
  const reach = 0.4 + 0.6 * (1 - Math.max(0, Math.min(1, tie.strength)));
  const [rx, ry] = [Math.min(isPeer(tie) ? 200 : 150, width / 2 - 100), HEIGHT / 2 - 26];
  const side = Math.abs(Math.cos(angle)) < 0.25 ? 0 : Math.sign(Math.cos(angle));
  const [x, y] = [width / 2 + rx * reach * Math.cos(angle), HEIGHT / 2 + ry * reach * Math.sin(angle)];
  return { tie, side, x, y, room: side > 0 ? width - x - 16 : side < 0 ? x - 16 : 190 };
}
