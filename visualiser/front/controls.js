/** What to compare: two scenarios, region, scale, seed; in a dialog, levers and numbers. */
import { freshId, h, labelled } from "./html.js";

const STEPS = 100;

/** The bar of choices, and the dialog behind "Levers and numbers". */
export class Controls {
  /**
   * @param {HTMLElement} root
   * @param {{onStart: (choices: object) => void}} events
   */
  constructor(root, { onStart }) {
    this.root = root;
    this.onStart = onStart;
    this.settings = [];
  }

  /** Draw the controls once the server has said what there is to choose from. */
  setMenu(menu) {
    this.menu = menu;
    const option = ({ name, title }) => h("option", { value: name, title }, name.replaceAll("_", " "));
    const select = (list) => h("select", { onchange: () => this.#describe() }, ...list.map(option));
    this.base = select(menu.scenarios);
    this.reform = select(menu.scenarios);
    this.region = select(menu.regions);
    this.scale = h("input", { type: "number", min: "0.001", step: "any", inputmode: "decimal", oninput: () => this.#describe() });
    this.seed = h("input", { type: "number", min: "0", step: "1" });
    this.people = h("span", { class: "tg-quiet", "aria-live": "polite" });
    this.more = h("button", { type: "button", class: "tg-button", onclick: () => this.#open() }, "Levers and numbers");
    const form = h(
      "form",
      { class: "tg-choices", "aria-label": "What to compare", onsubmit: (event) => this.#submit(event) },
      labelled("Base", this.base, "tg-field tg-field--base"),
      labelled("Reform", this.reform, "tg-field tg-field--reform"),
      labelled("Region", this.region, "tg-field tg-field--region"),
      labelled("Scale", this.scale, "tg-field tg-field--number"),
      labelled("Seed", this.seed, "tg-field tg-field--number"),
      h("div", { class: "tg-choices__do" }, this.more, h("button", { type: "submit", class: "tg-button tg-button--main" }, "Start")),
      this.people,
    );
    this.dialog = h("dialog", { class: "tg-dialog", "aria-labelledby": "tg-levers-title" });
    this.root.replaceChildren(form, this.dialog);
    this.set(menu.defaults);
  }

  /** Show choices, such as those of a link. */
  set(choices) {
    for (const name of ["scale", "seed"]) this[name].value = choices[name];
    for (const name of ["base", "reform", "region"]) {
      const isThere = [...this[name].options].some(({ value }) => value === choices[name]);
      this[name].value = isThere ? choices[name] : this.menu.defaults[name];
    }
    this.settings = [...choices.settings];
    this.#describe();
  }

  /** @returns {object} what is chosen now */
  get() {
    return {
      base: this.base.value,
      reform: this.reform.value,
      region: this.region.value,
      scale: Number(this.scale.value),
      seed: Number(this.seed.value),
      settings: this.settings,
    };
  }

  #submit(event) {
    event.preventDefault();
    this.onStart(this.get());
  }

  #describe() {
    const region = this.menu.regions.find(({ name }) => name === this.region.value);
    const people = Math.round(region.caseload * Number(this.scale.value));
    const most = this.menu.limits.people;
    const tooMany = people > most ? `; this page takes up to ${most.toLocaleString("en-GB")}` : "";
    this.people.textContent = `about ${people.toLocaleString("en-GB")} people supervised${tooMany}`;
    this.people.classList.toggle("tg-warn", people > most);
    const count = this.settings.length;
    this.more.textContent = count ? `Levers and numbers (${count} changed)` : "Levers and numbers";
  }

  #open() {
    this.#fill(this.settings);
    this.dialog.showModal();
  }

  /** Write the dialog as it stands under some settings. */
  #fill(settings) {
    const given = new Map(settings.map((setting) => split(setting)));
    this.levers = this.#levers(given);
    this.numbers = this.menu.parameters.map((parameter) => numberRow(parameter, given));
    this.rest = h("textarea", { rows: "3", spellcheck: "false", placeholder: "contracts.signed_2015.TERM=VALUE" });
    const known = new Set([...this.levers.map(({ key }) => key), ...this.numbers.map(({ key }) => key)]);
    this.rest.value = settings.filter((setting) => !known.has(split(setting)[0])).join("\n");
    this.dialog.replaceChildren(
      h("h2", { id: "tg-levers-title" }, "Levers and numbers"),
      h("p", { class: "tg-quiet" }, "A lever is moved or dropped in every regime that has it; numbers hold in both. The worlds start again."),
      h("div", { class: "tg-dialog__body", tabindex: "0", role: "group", "aria-label": "Levers and numbers" },
        h("section", {}, h("h3", {}, "Levers"), ...this.levers.map(({ row }) => row),
          this.levers.length ? null : h("p", { class: "tg-quiet" }, "Neither scenario has a lever.")),
        h("section", {}, h("h3", {}, "Numbers that matter most"), ...this.numbers.map(({ row }) => row)),
        h("section", {}, h("h3", {}, "Anything else"), labelled("Settings, KEY=VALUE, one a line", this.rest, "tg-field tg-field--wide")),
      ),
      h("div", { class: "tg-dialog__do" },
        h("button", { type: "button", class: "tg-button", onclick: () => this.#fill([]) }, "As shipped"),
        h("button", { type: "button", class: "tg-button", onclick: () => this.dialog.close() }, "Cancel"),
        h("button", { type: "button", class: "tg-button tg-button--main", onclick: () => this.#apply() }, "Start with these"),
      ),
    );
  }

  #levers(given) {
    const named = new Map();
    for (const scenario of [this.base.value, this.reform.value])
      for (const lever of this.menu.levers[scenario]) if (!named.has(lever.name)) named.set(lever.name, lever);
    return [...named.values()].sort((a, b) => (a.from < b.from ? -1 : 1)).map((lever) => leverRow(lever, given));
  }

  #apply() {
    const written = [...this.levers, ...this.numbers].map((row) => row.setting()).filter(Boolean);
    const rest = this.rest.value.split("\n").map((line) => line.trim()).filter(Boolean);
    this.settings = [...written, ...rest];
    this.dialog.close();
    this.#describe();
    this.onStart(this.get());
  }
}

const split = (setting) => {
  const at = setting.indexOf("=");
  return [setting.slice(0, at).trim(), setting.slice(at + 1).trim()];
};

/** A lever: a switch and a date. */
function leverRow(lever, given) {
  const key = `levers.${lever.name}`;
  const now = given.get(key);
  const on = h("input", { type: "checkbox", id: freshId("lever"), checked: now !== "off" });
  const date = h("input", { type: "date", value: now && now !== "off" ? now : lever.from, min: "2008-01-07", max: "2030-12-31",
    "aria-label": `${lever.name.replaceAll("_", " ")}: from`, disabled: now === "off" });
  on.addEventListener("change", () => (date.disabled = !on.checked));
  const name = h("label", { for: on.id }, h("strong", {}, lever.name.replaceAll("_", " ")), h("span", { class: "tg-quiet" }, lever.title));
  const setting = () => (!on.checked ? `${key}=off` : date.value && date.value !== lever.from ? `${key}=${date.value}` : "");
  return { key, setting, row: h("div", { class: "tg-lever" }, on, name, date) };
}

/** A number of the register: a slider over its range, and the number itself. */
function numberRow(parameter, given) {
  const { key, label, low, high, unit, value: usual } = parameter;
  const now = given.has(key) ? given.get(key) : String(usual);
  const id = freshId("number");
  const step = (high - low) / STEPS;
  const slider = h("input", { type: "range", min: low, max: high, step: "any", value: now, "aria-label": `${label}, slider` });
  const box = h("input", { type: "number", id, min: low, max: high, step: "any", value: now });
  slider.addEventListener("input", () => (box.value = stepped(Number(slider.value), parameter, step)));
  box.addEventListener("input", () => (slider.value = box.value));
  const setting = () => (box.value !== "" && Number(box.value) !== usual ? `${key}=${box.value}` : "");
  const range = h("span", { class: "tg-quiet" }, `${key}: ${usual} as shipped, ${low} to ${high} (${unit})`);
  return { key, setting, row: h("div", { class: "tg-number" }, h("label", { for: id }, label), range, slider, box) };
}

/** A slider's value in even steps within the range; the shipped one where it is near. */
function stepped(value, { low, high, value: usual }, step) {
  if (Math.abs(value - usual) < step / 2) return usual;
  const even = low + Math.round((value - low) / step) * step;
  return Number(Math.min(high, Math.max(low, even)).toPrecision(4));
}
