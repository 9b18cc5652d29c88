/** The page: what the server says goes to the parts that draw it, what a person does goes to the server. */
import "./tokens.css";
import "./page.css";
import "./network.css";
import "./charts.css";
import "./flow.css";
import "./life.css";
import { Calendar } from "./calendar.js";
import { Charts } from "./charts.js";
import { Controls } from "./controls.js";
import { isoOf, say } from "./dates.js";
import { saveBlob, saveText } from "./download.js";
import { Flow } from "./flow.js";
import { h } from "./html.js";
import { Life } from "./life.js";
import { Networks } from "./network.js";
import * as share from "./share.js";
import { fillTheWindow } from "./shell.js";
import { Tabs } from "./tabs.js";
import { Transport } from "./transport.js";

const PANELS = { charts: "Charts", life: "A life, twice", flow: "The flow" };
const SECONDS_OF_NOTICE = 9;
const MOST_NOTICES = 4;
const LONGEST_ADDRESS = 8000;
const JUMP = 4; // weeks: changes over more are shown quietly

class Page {
  /** @param {HTMLElement} root @param {(message: object) => void} send */
  constructor(root, send) {
    this.send = send;
    this.view = { week: 0, lived: 0, ...share.read() };
    this.people = 0;
    this.query = "";
    this.restore = fillTheWindow();
    this.#build(root);
    this.#phase({ phase: "empty", message: "" });
    send({ kind: "open", query: window.location.search.slice(0, LONGEST_ADDRESS) });
  }

  #build(root) {
    const part = (name, label) => h("section", { class: `tg-${name}`, ...(label ? { "aria-label": label } : {}) });
    const parts = { choices: part("bar"), transport: part("transport"), calendar: h("div"), networks: part("networks", "Two networks"), panels: part("panels", "What became of them") };
    this.phase = h("div", { class: "tg-phase", role: "status" });
    this.notes = h("div", { class: "tg-notes tg-quiet" });
    this.notices = h("div", { class: "tg-notices", role: "alert" });
    this.shareButton = h("button", { type: "button", class: "tg-button", onclick: () => this.#share() }, "Copy link");
    this.downloads = [this.shareButton, ...this.#downloads()];
    for (const button of this.downloads) button.disabled = true;
    const downloads = h("div", { class: "tg-head__do" }, ...this.downloads);
    root.classList.add("tg", "tg-page");
    root.replaceChildren(
      h("header", { class: "tg-head" }, h("div", {}, h("h1", {}, "Through the Gate"), h("p", { class: "tg-quiet" }, "The same people, week by week, under two regimes of probation")), downloads),
      h("main", {}, parts.choices, this.phase, h("div", { class: "tg-time" }, parts.transport, parts.calendar), h("div", { class: "tg-worlds" }, parts.networks, parts.panels), this.notes),
      this.notices,
    );
    this.controls = new Controls(parts.choices, { onStart: (choices) => this.#start(choices) });
    this.transport = new Transport(parts.transport, this.send);
    this.calendar = new Calendar(parts.calendar, { onSeek: (week) => this.send({ kind: "seek", week }) });
    this.networksRoot = parts.networks;
    this.tabs = new Tabs(parts.panels, PANELS, (name) => this.#show(name));
    this.charts = new Charts(this.tabs.panel("charts"));
    this.flow = new Flow(this.tabs.panel("flow"));
  }

  #downloads() {
    const button = (text, make) => h("button", { type: "button", class: "tg-button", onclick: make }, text);
    const name = (end) => `two-worlds-${this.view.date ?? "start"}.${end}`;
    return [
      button("Networks, PNG", async () => saveBlob(name("png"), await this.networks.toPNG())),
      button("SVG", () => saveText(name("svg"), "image/svg+xml", this.networks.toSVG())),
      button("People, CSV", () => saveText(name("csv"), "text/csv", this.networks.csv())),
    ];
  }

  #start(choices) {
    this.send({ kind: "start", choices });
  }

  /** Take a message of the server. */
  take(content, buffers) {
    const takers = {
      menu: () => this.#menu(content),
      phase: () => this.#phase(content),
      world: () => this.#world(content),
      frame: () => this.#frame(content, buffers),
      charts: () => this.charts.set(content),
      flow: () => this.flow.set(content),
      life: () => this.#life(content),
      replicates: () => this.transport.setReplicates(content),
      notice: () => this.#notice(content),
    };
    takers[content.kind]?.();
  }

  #menu(menu) {
    this.controls.setMenu(menu);
    this.controls.set({ ...menu.defaults, ...share.choices() });
    const states = menu.states;
    this.networks = new Networks(this.networksRoot, { states, onSelect: (person) => (person === null ? this.#close() : this.#open(person)), onTies: (on) => this.send({ kind: "ties", on }) });
    this.networks.setMessage("The worlds are being made …");
    this.life = new Life(this.tabs.panel("life"), { states, onPerson: (person) => this.#open(person), onClose: () => this.#close() });
    this.life.setEmpty();
    this.flow.setStates(states);
    this.tabs.choose(Object.hasOwn(PANELS, this.view.panel) ? this.view.panel : "charts");
  }

  #phase({ phase, message }) {
    this.phaseNow = phase;
    const texts = {
      empty: "Asking the server what there is to choose from …",
      starting: "Making the people of both worlds: the first weeks are lived before 7 January 2008, so that courts and prisons are as full as they were …",
      ready: "",
    };
    const text = message || texts[phase] || "";
    const isBad = ["refused", "lost", "full"].includes(phase);
    this.phase.className = `tg-phase tg-phase--${isBad ? "bad" : phase}`;
    this.phase.replaceChildren(...(text ? [h("p", {}, text)] : []), ...(isBad && phase !== "refused" ? [this.#again()] : []));
    this.transport.setEnabled(phase === "ready");
    if (isBad) this.networks?.setMessage(phase === "refused" ? "No worlds: the choices above cannot be run." : "No worlds.");
    if (phase !== "starting") return;
    this.networks?.setMessage("The worlds are being made …");
    this.charts.set({ week: 0, panels: [] });
    this.life?.setEmpty();
  }

  #again() {
    return h("button", { type: "button", class: "tg-button tg-button--main", onclick: () => this.#start(this.controls.get()) }, "Start again");
  }

  #world(sent) {
    const world = { ...sent, arms: shortNames(sent.arms) };
    const people = JSON.stringify([world.choices.region, world.choices.scale, world.choices.seed]);
    if (this.whose && this.whose !== people) this.view.person = null; // a number names somebody else there
    this.whose = people;
    this.world = world;
    this.query = world.query;
    this.people = 0;
    for (const button of this.downloads) button.disabled = false;
    this.send({ kind: "ties", on: this.networks.tiesBox.checked });
    this.notes.replaceChildren(...[world.note, ...world.notes].map((note) => h("p", {}, note)));
    this.controls.set(world.choices);
    this.calendar.setWorld(world);
    this.charts.setSpan(isoOf(0), isoOf(world.end_week));
    this.networks.setMessage("");
    this.networks.setWorld(world);
    this.charts.setArms(world.arms);
    this.charts.setLevers(world.levers.filter(({ week }) => week <= world.end_week));
    this.flow.setArms(world.arms);
    this.life.setArms(world.arms);
    const { choices } = world;
    const slug = `${choices.base}-${choices.reform}-${choices.region}-seed${choices.seed}`;
    const provenance = { text: world.provenance, seed: choices.seed, slug };
    for (const part of [this.charts, this.flow, this.life, this.networks]) part.setProvenance(provenance);
    this.life.setEmpty();
    this.transport.setReplicates({ done: 0, asked: 0, running: false });
  }

  /** Draw a frame; where one before it was lost on the way, ask for everybody again. */
  #frame(frame, buffers) {
    this.send({ kind: "seen", n: frame.n });
    if (frame.first_new !== this.people && frame.first_new !== 0) {
      this.send({ kind: "anew" });
      return;
    }
    const isAnew = frame.first_new === 0 && this.people > 0;
    if (isAnew) this.networks.setWorld(this.world);
    this.people = frame.nodes;
    this.#draw(frame, buffers);
    this.view = { ...this.view, week: frame.week, lived: frame.lived, date: frame.date };
    if (isAnew && this.view.person !== null) this.networks.select(this.networks.nodeOf(this.view.person));
    if (!frame.playing && !frame.seeking) this.#settled();
  }

  #draw(frame, buffers) {
    const [xy, persons, sex, born, stateBase, stateReform, hubBase, hubReform, tiesBase, tiesReform] = buffers.map((b) => b.buffer.slice(b.byteOffset, b.byteOffset + b.byteLength));
    if (persons.byteLength) this.networks.addNodes(new Float32Array(xy), new Uint32Array(persons), new Uint8Array(sex), new Int16Array(born));
    const quiet = Math.abs(frame.week - this.view.week) > JUMP;
    [stateBase, stateReform].forEach((bytes, arm) => this.networks.setStates(arm, new Uint8Array(bytes), { quiet }));
    [hubBase, hubReform].forEach((bytes, arm) => this.networks.setHubs(arm, new Uint8Array(bytes)));
    frame.hub_counts.forEach((counts, arm) => this.networks.setHubCounts(arm, counts));
    [tiesBase, tiesReform].forEach((bytes, arm) => this.networks.setTies(arm, new Uint32Array(bytes ?? 0)));
    this.networks.setDate(say(frame.date));
    const fork = this.world.fork_date;
    this.networks.setParted(frame.parted, fork === null ? null : say(fork));
    const isPast = frame.week < frame.lived;
    this.networks.tiesBox.disabled = isPast;
    this.networks.tiesBox.parentElement.title = isPast ? "Ties are known of the last week lived only" : "";
    this.transport.set(frame);
    this.calendar.set(frame);
    this.charts.setWeekDate(frame.date);
    this.life.setWeek(frame.week);
  }

  /** When the clock stands: the address, and what is open, follow. */
  #settled() {
    const { person } = this.view;
    if (person !== null) {
      this.send({ kind: "life", person });
      this.networks.select(this.networks.nodeOf(person));
    }
    if (this.view.panel === "flow") this.send({ kind: "flow" });
    this.#write();
  }

  #write() {
    if (this.world) share.write(this.query, this.view);
  }

  #open(person) {
    this.view.person = person;
    this.tabs.choose("life");
    this.send({ kind: "life", person });
    this.networks.select(this.networks.nodeOf(person));
    this.#write();
  }

  #close() {
    this.view.person = null;
    this.networks.select(null);
    this.life.setEmpty();
    this.#write();
  }

  #life(life) {
    if (life.person === this.view.person) this.life.set(life);
  }

  #show(name) {
    this.view.panel = name;
    if (name === "flow" && this.world) this.send({ kind: "flow" });
    if (name === "charts") this.charts.resize();
    if (name === "flow") this.flow.resize();
    this.#write();
  }

  #notice({ level, text, about }) {
    if (about === "life" && this.view.person !== null) this.#close();
    const notice = h("p", { class: `tg-notice tg-notice--${level}` }, h("span", {}, text));
    const close = h("button", { type: "button", class: "tg-button", "aria-label": "Dismiss", onclick: () => notice.remove() }, "×");
    notice.append(close);
    [...this.notices.children].find((shown) => shown.isEqualNode(notice))?.remove();
    if (this.notices.childElementCount >= MOST_NOTICES) this.notices.firstElementChild.remove();
    this.notices.append(notice);
    if (level !== "error") setTimeout(() => notice.remove(), SECONDS_OF_NOTICE * 1000);
  }

  async #share() {
    this.#write();
    const done = await share.copy();
    this.shareButton.textContent = done ? "Link copied" : "Copy it from the address bar";
    setTimeout(() => (this.shareButton.textContent = "Copy link"), 2500);
  }

  destroy() {
    this.networks?.destroy();
    for (const part of [this.charts, this.flow, this.life, this.calendar]) part?.destroy();
    this.restore();
  }
}

/** Arms by the short names of their scenarios; what each is stands beside it. A scenario beside itself is told apart. */
function shortNames(arms) {
  const alike = arms[0].name === arms[1].name;
  const end = (i) => (alike ? [" (base)", " (reform)"][i] : "");
  return arms.map(({ name, title }, i) => ({ name, title: name.replaceAll("_", " ") + end(i), about: title }));
}

export default {
  render({ model, el }) {
    const page = new Page(el, (message) => model.send(message));
    const take = (content, buffers) => page.take(content, buffers ?? []);
    model.on("msg:custom", take);
    el.tgPage = page;
    return () => {
      model.off("msg:custom", take);
      page.destroy();
    };
  },
};
