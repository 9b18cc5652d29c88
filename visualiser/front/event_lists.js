/** The events of two lives as lists side by side, those that differ first brought out. */
import { h } from "./html.js";
import { sayDay } from "./life_signs.js";
import { partingsOf } from "./parting.js";

/** Two lists. @param {import("./life_signs.js").Told} told */
export function eventLists(told) {
  return h("div", { class: "tg-life-pair" }, ...told.life.arms.map((_, i) => column(told, i)));
}

/** Bring the first event that differs into sight in each list. @param {HTMLElement} lists */
export function scrollToFirst(lists) {
  for (const list of lists.querySelectorAll(".tg-life-list")) {
    const first = list.querySelector(".tg-life-first");
    if (first) list.scrollTop = first.offsetTop - list.clientHeight / 3;
  }
}

/** Fill lists that are there anew; each stays where it was scrolled to. @param {HTMLElement} lists */
export function fillLists(lists, told) {
  lists.querySelectorAll(".tg-life-list").forEach((list, i) => list.replaceChildren(contentOf(told, i)));
}

function column(told, i) {
  const { title } = told.arms[i];
  const look = { class: "tg-life-list", tabindex: 0, role: "region", "aria-label": `Events under ${title}` };
  return h("section", { class: "tg-life-column" }, h("h4", { class: `tg-arm-${i}` }, `Events: ${title}`), h("div", look, contentOf(told, i)));
}

function contentOf({ life }, i) {
  const rows = listOf(life.arms[i].events, partingsOf(life.divergence), i);
  return rows.length ? h("ol", {}, ...rows.map(item)) : h("p", { class: "tg-quiet" }, "Nothing yet.");
}

function item({ date, what, detail, parting }) {
  const tag = parting ? h("span", { class: "tg-life-tag" }, parting.tag) : null;
  const more = detail ? h("span", { class: "tg-life-detail" }, detail) : null;
  const words = h("div", {}, h("span", { class: "tg-life-what" }, what), tag, more);
  const name = parting ? ["tg-life-first", "tg-life-later"][parting.rank] : null;
  return h("li", { class: name }, h("time", { datetime: date }, sayDay(date)), words);
}

/** An arm's events as lines, with a line where this life has nothing on the day on which the other differs. */
function listOf(events, partings, arm) {
  const rows = events.map((one, i) => ({ ...one, parting: partings.find(({ index }) => index[arm] === i) }));
  for (const parting of partings.filter(({ index }) => index[arm] === null)) {
    const place = rows.findIndex((row) => row.date >= parting.date);
    const row = { date: parting.date, what: "Nothing on this day", detail: "", parting };
    rows.splice(place < 0 ? rows.length : place, 0, row);
  }
  return rows;
}
