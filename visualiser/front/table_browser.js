/** The tables of a folder of results, a page at a time, filtered and sorted where they lie. */
import { freshId, h, labelled } from "./html.js";
import { button, loading, nothing, problem, reply } from "./results_parts.js";

/** @typedef {{name: string, kind: string, values?: string[], low?: any, high?: any}} Column */

const PAGE_SIZES = [25, 50, 100, 250];
const PAUSE_OF_TYPING = 300;

export class TableBrowser {
  /** @param {HTMLElement} root @param {object[]} tables @param {import("./results_parts.js").Ask} ask */
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
