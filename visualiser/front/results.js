/** Results mode: what a folder of results says, its pictures and its tables. The page asks, nothing is run. */
import { scaleLinear } from "d3-scale";
import { freshId, h, labelled } from "./html.js";
import { Tabs } from "./tabs.js";

/**
 * @typedef {(message: object) => Promise<{content: any, buffers: (ArrayBuffer|DataView)[]}>} Ask
 * @typedef {{name: string, level: number, base: ?number, reform: ?number, difference: ?number, low: ?number, high: ?number,
 *   text: {base: string, reform: string, difference: string, interval: string}}} Row
 * @typedef {{title: string, window: string, unit: string, rows: Row[], one_scale: boolean, note: string, has_levels: boolean,
 *   has_differences: boolean}} Block
 * @typedef {{name: string, kind: string, values?: string[], low?: any, high?: any}} Column
 */

const SVG = "http://www.w3.org/2000/svg";
const [PLOT_WIDTH, PLOT_HEIGHT, PLOT_MARGIN] = [224, 24, 10];
const PAGE_SIZES = [25, 50, 100, 250];
const PAUSE_OF_TYPING = 300;
const TABS = { found: "Findings", pictures: "Pictures", tables: "Tables" };

export class ResultsPage {
  /** @param {HTMLElement} root @param {Ask} ask */
  constructor(root, ask) {
    this.ask = ask;
    this.header = h("header", { class: "tg-results__head" }, h("h1", {}, "Results"));
    const main = h("main");
    root.classList.add("tg", "tg-page", "tg-results");
    root.replaceChildren(this.header, main);
    this.tabs = new Tabs(main, TABS, () => {});
    this.ready = Promise.all([this.#about(), this.#tables(), this.#pictures(), this.#found()]);
  }

  /** Let go of what the browser holds for the page. */
  destroy() {
    this.gallery?.destroy();
    this.browser?.destroy();
  }

  async #about() {
    const { content } = await reply(this.ask, { kind: "about" });
    if (content.kind === "about") drawHeader(this.header, content);
  }

  async #found() {
    const panel = this.tabs.panel("found");
    panel.replaceChildren(loading("Reading what was found…"));
    const said = await asked(this.ask, { kind: "overview" }, panel);
    if (!said) return;
    panel.replaceChildren(drawFound(said));
  }

  async #pictures() {
    const panel = this.tabs.panel("pictures");
    panel.replaceChildren(loading("Looking for pictures…"));
    const said = await asked(this.ask, { kind: "pictures" }, panel);
    if (!said) return;
    this.tabs.tabs.pictures.textContent = `${TABS.pictures} (${said.pictures.length})`;
    this.gallery = new Gallery(panel, said.pictures, this.ask);
  }

  async #tables() {
    const panel = this.tabs.panel("tables");
    panel.replaceChildren(loading("Opening the tables…"));
    const said = await asked(this.ask, { kind: "tables" }, panel);
    if (!said) return;
    this.tabs.tabs.tables.textContent = `${TABS.tables} (${said.tables.length})`;
    this.browser = new Browser(panel, said.tables, this.ask);
  }
}

/** Ask; where the answer is that it cannot be answered, or none comes, show that in a panel and return nothing. */
async function asked(ask, message, panel) {
  const { content } = await reply(ask, message);
  if (content.kind !== "notice") return content;
  panel.replaceChildren(problem(content.text));
  return null;
}

/** Ask, and make a notice of an answer that does not come. */
async function reply(ask, message) {
  try {
    return await ask(message);
  } catch (error) {
    return { content: { kind: "notice", level: "error", text: `No answer: ${error?.message ?? error}` }, buffers: [] };
  }
}

const problem = (text) => h("p", { class: "tg-message", role: "alert" }, text);
const nothing = (text, ...more) => h("div", { class: "tg-nothing" }, h("p", {}, text), ...more);
const loading = (text) => h("div", { class: "tg-loading", role: "status" }, h("p", {}, text), h("i"), h("i"), h("i"));
const button = (text, onclick, more = {}) => h("button", { type: "button", class: "tg-button", onclick, ...more }, text);

// what was run

function drawHeader(header, said) {
  const kinds = said.arms.length === 2 ? ["base", "reform"] : [];
  const arms = said.arms.length <= 2 ? said.arms : [];
  const facts = said.facts.map(({ label, value }) => h("div", {}, h("dt", {}, label), h("dd", {}, value)));
  header.replaceChildren(
    h("div", {}, h("p", { class: "tg-results__kicker" }, "Results of ", h("code", {}, `run.py ${said.command}`), `, in the folder ${said.folder}`), h("h1", {}, said.title)),
    ...(arms.length ? [h("ul", { class: "tg-results__arms" }, ...arms.map((arm, i) => drawArm(arm, kinds[i])))] : []),
    h("dl", { class: "tg-facts" }, ...facts),
  );
}

function drawArm(arm, kind) {
  const word = kind ? `${kind === "base" ? "Base" : "Reform"}: ` : "";
  return h("li", { class: kind ? `tg-results__arms--${kind}` : null }, word, h("b", {}, arm.scenario), arm.title ? `, ${arm.title}` : "");
}

function drawFound(said) {
  const blocks = said.blocks.map(drawBlock);
  const body = blocks.length ? h("div", { class: "tg-found__blocks" }, ...blocks) : nothing("There is no summary of these results; their tables are under Tables.");
  const problems = said.problems.length ? h("div", { class: "tg-found__problems" }, ...said.problems.map(problem)) : null;
  return h("div", { class: "tg-found" }, problems, said.headline ? h("p", { class: "tg-found__headline" }, said.headline.replace(/(^|[\s[])-(?=\d)/g, "$1−")) : null, body, drawAside(said));
}

function drawAside(said) {
  const made = said.made_of;
  const version = made.is_this_code ? `${made.code_version}, this code` : `${made.code_version}; this code is another`;
  const pairs = [["Code", version], ["Key", made.key], ["Design", made.design], ["Python", made.python], ...Object.entries(made.packages), ["System", made.platform]];
  const has = said.blocks.some((block) => block.has_differences);
  const reading = has ? [h("li", {}, "A filled dot: the interval leaves out zero. A hollow dot: it does not, or there is none.")] : [];
  const part = (title, items) => (items.length ? h("section", {}, h("h2", {}, title), h("ul", {}, ...items)) : null);
  const items = (texts) => texts.map((text) => h("li", {}, text));
  return h(
    "aside",
    { "aria-label": "How to read this, and how it was made" },
    part("How to read this", [...reading, ...items(said.remarks)]),
    part("Settings", items(said.settings)),
    part("Notes", items(said.notes)),
    h("details", {}, h("summary", {}, "How it was made"), h("dl", {}, ...pairs.filter(([, value]) => value).flatMap(([key, value]) => [h("dt", {}, key), h("dd", {}, value)]))),
  );
}

// a table of differences

/** @param {Block} block */
function drawBlock(block) {
  const shared = block.one_scale ? scaleOf(block.rows) : null;
  const heads = [h("th", { scope: "col" }, h("span", { class: "tg-hidden" }, "What"))];
  if (block.has_levels && block.has_differences) heads.push(h("th", { scope: "col", class: "tg-block__base" }, "Base"), h("th", { scope: "col", class: "tg-block__reform" }, "Reform"));
  if (block.has_levels && !block.has_differences) heads.push(h("th", { scope: "col" }, block.unit === "as named" ? "Level" : `Level, ${block.unit}`));
  if (block.has_differences) heads.push(h("th", { scope: "col" }, "Difference"), plotHead(block, shared), h("th", { scope: "col" }, "Interval"));
  const caption = h("caption", {}, h("h2", {}, block.title), h("span", { class: "tg-quiet" }, [block.window, block.has_differences && block.unit !== "as named" ? `differences in ${block.unit}` : ""].filter(Boolean).join("; ")));
  const body = block.rows.length ? block.rows.map((row) => drawRow(block, row, shared)) : [];
  return h(
    "div",
    { class: block.has_differences ? "tg-block" : "tg-block tg-block--levels" },
    h("table", {}, caption, body.length ? h("thead", {}, h("tr", {}, ...heads)) : null, h("tbody", {}, ...body)),
    block.note ? h("p", { class: "tg-quiet" }, block.note) : null,
  );
}

/** @param {Block} block @param {Row} row */
function drawRow(block, row, shared) {
  const cells = [h("th", { scope: "row", "data-level": row.level }, row.name)];
  const { text } = row;
  if (block.has_levels && block.has_differences) cells.push(h("td", {}, dash(text.base)), h("td", {}, dash(text.reform)));
  if (block.has_levels && !block.has_differences) cells.push(h("td", {}, dash(text.reform)));
  if (block.has_differences) {
    const plot = row.difference === null ? null : drawInterval(row, shared ?? scaleOf([row], true));
    cells.push(h("td", {}, dash(text.difference)), h("td", { class: "tg-block__plot" }, plot), h("td", { class: "tg-block__interval" }, dash(text.interval)));
  }
  return h("tr", {}, ...cells);
}

const dash = (text) => (text === "-" ? "–" : text.replace(/^([[]?)-/, "$1−").replace(/, -/g, ", −"));

/** The scale of some rows: it holds their differences, their intervals and zero; zero in the middle where each row has its own. */
function scaleOf(rows, centred = false) {
  const ends = rows.flatMap((row) => [row.difference, row.low, row.high]).filter((value) => value !== null);
  const far = Math.max(...ends.map(Math.abs));
  const [low, high] = centred ? [-far, far] : [Math.min(0, ...ends), Math.max(0, ...ends)];
  const domain = low < high ? [low, high] : [-1, 1];
  return scaleLinear(domain, [PLOT_MARGIN, PLOT_WIDTH - PLOT_MARGIN]);
}

function plotHead(block, shared) {
  const head = h("th", { scope: "col", class: "tg-block__plot" });
  if (!shared) {
    head.append("each row to its own scale");
    return head;
  }
  const drawing = canvas(16);
  const ticks = shared.ticks(3);
  const format = shared.tickFormat(3);
  for (const tick of ticks) {
    const label = svg("text", { class: "tg-block__tick", x: shared(tick), y: 12, "text-anchor": "middle" });
    label.textContent = format(tick);
    drawing.append(label);
  }
  head.append(h("span", { class: "tg-hidden" }, `Scale, ${block.unit}`), drawing);
  return head;
}

/** @param {Row} row */
function drawInterval(row, scale) {
  const drawing = canvas(PLOT_HEIGHT);
  const middle = PLOT_HEIGHT / 2;
  drawing.append(svg("line", { class: "tg-block__zero", x1: scale(0), x2: scale(0), y1: 0, y2: PLOT_HEIGHT }));
  if (row.low !== null && row.high !== null) drawing.append(svg("line", { class: "tg-block__line", x1: scale(row.low), x2: scale(row.high), y1: middle, y2: middle }));
  const sure = row.low !== null && row.high !== null && (row.low > 0 || row.high < 0);
  drawing.append(svg("circle", { class: `tg-block__dot${sure ? " tg-block__dot--sure" : ""}`, cx: scale(row.difference), cy: middle, r: 4 }));
  return drawing;
}

const canvas = (height) => svg("svg", { width: PLOT_WIDTH, height, "aria-hidden": "true", focusable: "false" });

function svg(tag, attributes) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

// pictures

class Gallery {
  /** @param {HTMLElement} root @param {object[]} pictures @param {Ask} ask */
  constructor(root, pictures, ask) {
    this.ask = ask;
    this.pictures = pictures;
    this.shown = pictures.filter((picture) => !picture.problem);
    this.urls = new Map();
    this.cards = pictures.map((picture) => this.#card(picture));
    this.dialog = this.#dialog();
    const list = h("ul", { class: "tg-gallery" }, ...this.cards.map(({ item }) => item));
    root.replaceChildren(pictures.length ? list : nothing("This folder has no pictures."), this.dialog);
    this.ready = this.#load();
  }

  destroy() {
    for (const url of this.urls.values()) URL.revokeObjectURL(url);
    this.dialog.remove();
  }

  #card(picture) {
    const text = h("div", { class: "tg-card__text" }, h("h2", {}, picture.title), h("p", { class: "tg-quiet" }, picture.provenance[1] ?? picture.name));
    const image = h("img", { alt: "", hidden: true });
    const open = picture.problem
      ? h("div", { class: "tg-card__empty" }, picture.problem)
      : h("button", { type: "button", "aria-label": `Enlarge: ${picture.title}`, onclick: () => this.#enlarge(this.shown.indexOf(picture)) }, image);
    return { picture, image, open, item: h("li", {}, h("div", { class: "tg-card" }, open, text)) };
  }

  /** Fetch the pictures one after another. */
  async #load() {
    for (const card of this.cards.filter(({ picture }) => !picture.problem)) {
      const { content, buffers } = await reply(this.ask, { kind: "picture", name: card.picture.name });
      if (content.kind === "notice") {
        card.open.replaceWith(h("div", { class: "tg-card__empty" }, content.text));
        continue;
      }
      const url = URL.createObjectURL(new Blob([buffers[0]], { type: "image/png" }));
      this.urls.set(card.picture.name, url);
      card.image.src = url;
      card.image.hidden = false;
    }
  }

  #dialog() {
    const title = h("h2", { id: freshId("picture") });
    const image = h("img", { alt: "" });
    const from = h("figcaption", { class: "tg-quiet" });
    const step = (by) => () => this.#enlarge((this.at + by + this.shown.length) % this.shown.length);
    const several = this.shown.length > 1;
    const save = h("a", { class: "tg-button", download: "picture.png" }, "Download PNG");
    const close = button("Close", () => this.dialog.close());
    Object.assign(this, { title, image, from, save });
    const moves = several ? [button("Previous", step(-1)), button("Next", step(1))] : [];
    return h("dialog", { class: "tg-dialog tg-enlarged", "aria-labelledby": title.id }, h("div", { class: "tg-enlarged__head" }, title, ...moves, save, close), h("figure", { tabindex: "0", "aria-labelledby": title.id }, image, from));
  }

  #enlarge(at) {
    const picture = this.shown[at];
    const url = this.urls.get(picture?.name);
    if (!url) return;
    this.at = at;
    this.title.textContent = picture.title;
    this.image.src = url;
    this.image.alt = `${picture.title}: a chart; its numbers are in the tables`;
    this.from.textContent = picture.provenance.join(". ");
    this.save.href = url;
    this.save.download = picture.name;
    if (!this.dialog.open) this.dialog.showModal();
  }
}

// tables

class Browser {
  /** @param {HTMLElement} root @param {object[]} tables @param {Ask} ask */
  constructor(root, tables, ask) {
    this.ask = ask;
    this.tables = tables;
    this.view = { sort: "", descending: false, offset: 0, limit: 50 };
    this.filters = {};
    this.turn = 0;
    this.#build(root);
    this.#choose(tables.find((table) => !table.problem)?.name ?? tables[0].name);
  }

  destroy() {
    clearTimeout(this.timer);
    this.turn = -1;
  }

  #build(root) {
    const option = (table) => h("option", { value: table.name }, `${table.name} (${rowsOf(table.rows)})`);
    this.select = h("select", { onchange: () => this.#choose(this.select.value) }, ...this.tables.map(option));
    this.note = h("p", { class: "tg-quiet" });
    this.problems = h("div");
    this.form = h("div", { class: "tg-filters__grid" });
    this.summary = h("summary", {}, "Filters");
    this.filtering = h("details", { class: "tg-filters", open: true }, this.summary, this.form);
    this.status = h("p", { role: "status" });
    this.clear = button("Clear filters", () => this.#clear());
    this.download = button("Download CSV", () => this.#save());
    this.grid = h("div", { class: "tg-grid", role: "region", tabindex: "0", "aria-label": "Rows of the table" });
    this.pager = h("nav", { class: "tg-pager", "aria-label": "Pages of the table" });
    root.replaceChildren(
      h("div", { class: "tg-browser" }, h("div", { class: "tg-browser__head" }, labelled("Table", this.select), this.note), this.problems, this.filtering, h("div", { class: "tg-browser__do" }, this.status, this.clear, this.download), this.grid, this.pager),
    );
    this.#buildPager();
  }

  #buildPager() {
    const to = (where) => () => this.#show({ offset: where() });
    const { limit } = this.view;
    this.first = button("First", to(() => 0));
    this.previous = button("Previous", to(() => Math.max(0, this.view.offset - this.view.limit)));
    this.next = button("Next", to(() => Math.min(this.#lastOffset(), this.view.offset + this.view.limit)));
    this.last = button("Last", to(() => this.#lastOffset()));
    this.page = h("span", { class: "tg-quiet" });
    this.size = h("select", { onchange: () => this.#show({ limit: Number(this.size.value), offset: 0 }) }, ...PAGE_SIZES.map((n) => h("option", { value: n, selected: n === limit }, String(n))));
    this.pager.append(h("div", {}, this.first, this.previous), this.page, h("div", {}, this.next, this.last), labelled("Rows a page", this.size, "tg-field tg-field--row"));
  }

  /** Look into another table. */
  async #choose(name) {
    const turn = (this.turn += 1);
    this.select.value = name;
    this.table = this.tables.find((table) => table.name === name);
    this.filters = {};
    clearTimeout(this.timer);
    Object.assign(this.view, { sort: "", descending: false, offset: 0 });
    this.note.textContent = [this.table.note, this.table.files > 1 ? `${this.table.files.toLocaleString("en-GB")} parts` : ""].filter(Boolean).join("; ");
    this.problems.replaceChildren(...(this.table.problem ? [problem(this.table.problem)] : []));
    this.#enable(this.table.columns.length > 0);
    this.#await();
    this.clear.disabled = true;
    if (!this.table.columns.length) return;
    this.grid.replaceChildren(loading("Reading the table…"));
    const { content } = await reply(this.ask, { kind: "table", name });
    if (turn !== this.turn) return;
    if (content.kind === "notice") return this.#fail(content.text);
    this.columns = content.columns;
    this.form.replaceChildren(...content.columns.map((column) => this.#filter(column, content.complete)).filter(Boolean));
    await this.#show({});
  }

  /** Show what there is to do with a table, or hide it where nothing can be read of it. */
  #enable(on) {
    for (const part of [this.filtering, this.grid, this.pager, this.clear, this.download]) part.hidden = !on;
    this.form.replaceChildren();
    this.status.textContent = "";
  }

  /** Until there are rows of a table, there are no pages to turn and nothing to take away. */
  #await() {
    this.found = null;
    this.status.textContent = this.page.textContent = "";
    for (const control of [this.first, this.previous, this.next, this.last, this.size, this.download]) control.disabled = true;
  }

  #fail(text) {
    this.problems.replaceChildren(problem(text));
    this.#await();
    this.clear.disabled = Object.keys(this.filters).length === 0;
    this.grid.replaceChildren();
    this.grid.removeAttribute("aria-busy");
  }

  /** The control of a column's filter. @param {Column} column */
  #filter(column, complete) {
    if (column.kind === "number" || column.kind === "date") return this.#range(column);
    if (column.kind === "flag") return this.#pick(column, ["true", "false"]);
    if (column.kind !== "text") return null;
    if (column.values && complete) return this.#pick(column, column.values);
    const list = column.values?.length ? h("datalist", { id: freshId("values") }, ...column.values.map((value) => h("option", { value }))) : null;
    const input = h("input", { type: "search", placeholder: "contains", list: list?.id, maxlength: 200, oninput: () => this.#filterBy(column.name, input.value || null, PAUSE_OF_TYPING) });
    const field = labelled(column.name, input);
    if (list) field.append(list);
    return field;
  }

  #pick(column, values) {
    const options = values.map((value, i) => h("option", { value: i }, value === "" ? "(empty)" : value));
    const select = h("select", { onchange: () => this.#filterBy(column.name, select.value === "" ? null : { is: values[Number(select.value)] }) }, h("option", { value: "" }, "any"), ...options);
    return labelled(column.name, select);
  }

  #range(column) {
    const type = column.kind;
    const change = () => {
      const ends = [from, to].map((input) => (input.value === "" ? null : type === "number" ? Number(input.value) : input.value));
      this.#filterBy(column.name, ends.every((end) => end === null) ? null : ends, PAUSE_OF_TYPING);
    };
    const limits = type === "date" && column.low ? { min: column.low.slice(0, 10), max: column.high.slice(0, 10) } : {};
    const hint = (end) => (type === "number" && typeof end === "number" ? { placeholder: shortNumber(end) } : {});
    const make = (word, end) => h("input", { type, step: type === "number" ? "any" : null, "aria-label": `${column.name}, ${word}`, oninput: change, ...limits, ...hint(end) });
    const [from, to] = [make("from", column.low), make("to", column.high)];
    const label = h("span", { id: freshId("range") }, column.name);
    return h("div", { class: "tg-field", role: "group", "aria-labelledby": label.id }, label, h("div", { class: "tg-range" }, from, h("span", { class: "tg-quiet", "aria-hidden": "true" }, "to"), to));
  }

  /** Filter by a column, or no longer; after a pause, where somebody is typing. */
  #filterBy(column, wanted, pause = 0) {
    if (wanted === null) delete this.filters[column];
    else this.filters[column] = wanted;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.#show({ offset: 0 }), pause);
  }

  #clear() {
    clearTimeout(this.timer);
    this.filters = {};
    for (const input of this.form.querySelectorAll("input, select")) input.value = "";
    this.#show({ offset: 0 });
  }

  /** Ask for rows and show them; an answer that another question has overtaken is dropped. */
  async #show(change) {
    const turn = (this.turn += 1);
    Object.assign(this.view, change);
    this.grid.setAttribute("aria-busy", "true");
    const { content } = await reply(this.ask, { kind: "rows", table: this.table.name, filters: this.filters, ...this.view });
    if (turn !== this.turn) return;
    if (content.kind === "notice") return this.#fail(content.text);
    this.problems.replaceChildren(...(this.table.problem ? [problem(this.table.problem)] : []));
    this.#draw(content);
  }

  #draw(found) {
    this.found = found;
    this.grid.removeAttribute("aria-busy");
    const head = h("tr", {}, ...found.columns.map((column) => this.#head(column)));
    const body = found.rows.map((row) => h("tr", {}, ...row.map((value, i) => drawCell(value, found.columns[i].kind))));
    const focused = this.grid.contains(document.activeElement) ? document.activeElement.dataset?.column : null;
    const where = [this.grid.scrollLeft, 0];
    const empty = Object.keys(this.filters).length ? nothing("No row passes these filters.", button("Clear filters", () => this.#clear())) : nothing("This table has no rows.");
    this.grid.replaceChildren(found.total ? h("table", {}, h("thead", {}, head), h("tbody", {}, ...body)) : empty);
    [this.grid.scrollLeft, this.grid.scrollTop] = where;
    if (focused) this.grid.querySelector(`[data-column="${CSS.escape(focused)}"]`)?.focus();
    this.#say(found);
  }

  #head(column) {
    const sorted = this.view.sort === column.name;
    const order = !sorted ? "none" : this.view.descending ? "descending" : "ascending";
    const next = !sorted ? { sort: column.name, descending: false } : this.view.descending ? { sort: "", descending: false } : { sort: column.name, descending: true };
    return h("th", { scope: "col", "aria-sort": order, class: column.kind === "number" ? "tg-grid__number" : null }, h("button", { type: "button", "data-column": column.name, onclick: () => this.#show({ ...next, offset: 0 }) }, column.name));
  }

  #say(found) {
    const { offset, limit } = this.view;
    const many = found.total > found.most_downloaded;
    const pages = Math.max(1, Math.ceil(Math.min(found.total, found.reach) / limit));
    const beyond = found.total > found.reach ? ` Pages go to row ${found.reach.toLocaleString("en-GB")}: filter to see the others.` : "";
    const all = this.table.rows === found.total ? "" : ` of ${this.table.rows.toLocaleString("en-GB")}`;
    this.status.textContent = `${rowsOf(found.total)}${all}.${beyond}${many ? ` A download takes up to ${found.most_downloaded.toLocaleString("en-GB")}.` : ""}`;
    this.page.textContent = `Page ${(Math.floor(offset / limit) + 1).toLocaleString("en-GB")} of ${pages.toLocaleString("en-GB")}`;
    this.size.disabled = false;
    this.first.disabled = this.previous.disabled = offset === 0;
    this.next.disabled = this.last.disabled = offset >= this.#lastOffset();
    const filters = Object.keys(this.filters).length;
    this.clear.disabled = filters === 0;
    this.summary.textContent = filters ? `Filters (${filters} in use)` : "Filters";
    this.download.disabled = many || found.total === 0;
    this.pager.hidden = found.total === 0;
  }

  #lastOffset() {
    const rows = Math.min(this.found.total, this.found.reach);
    return Math.max(0, (Math.ceil(rows / this.view.limit) - 1) * this.view.limit);
  }

  async #save() {
    const { found, table } = this;
    this.download.disabled = true;
    const { content, buffers } = await reply(this.ask, { kind: "csv", table: this.table.name, filters: this.filters });
    if (this.found === found) this.download.disabled = false;
    if (content.kind === "notice") {
      if (table === this.table) this.problems.replaceChildren(problem(content.text));
      return;
    }
    const url = URL.createObjectURL(new Blob([buffers[0]], { type: "text/csv;charset=utf-8" }));
    h("a", { href: url, download: content.name }).click();
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
  }
}

const rowsOf = (n) => `${n.toLocaleString("en-GB")} row${n === 1 ? "" : "s"}`;

/** A number in few digits, whole ones as they are. */
function shortNumber(value) {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(5)));
}

function drawCell(value, kind) {
  if (value === null) return h("td", { class: kind === "number" ? "tg-grid__number tg-quiet" : "tg-quiet" }, "–");
  const text = typeof value === "number" ? shortNumber(value) : String(value);
  return h("td", { class: kind === "number" ? "tg-grid__number" : null, title: text === String(value) && text.length < 60 ? null : String(value) }, text);
}
