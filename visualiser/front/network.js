/** Two linked networks: the same people in the same places, under two regimes. */
import { freshId, h } from "./html.js";
import { Legend } from "./legend.js";
import { toCSV, toPNG, toSVG } from "./network_files.js";
import { Head, nameOf, tickBox, zoomButtons } from "./network_heads.js";
import { Pace } from "./pace.js";
import { GROUND, OVERLAY, Panel, PEOPLE } from "./panel.js";
import { boundsOf, clamp, People, View } from "./people.js";
import { pickHub, pickNode } from "./picking.js";
import { listen } from "./pointing.js";
import { Scene } from "./scene.js";
import { describe, describeHub, Tip } from "./tip.js";
import { ARMS } from "./words.js";

const NAMES_MS = 1000;
const TOKENS = ["ink", "ink-soft", "line", "line-strong", "surface", "surface-soft", "accent", "base-text", "reform-text"];
const KEYS =
  "Arrow keys move the view, plus and minus zoom, 0 shows all. Enter opens the chosen person, or the one nearest the middle. " +
  "Escape chooses nobody.";

/**
 * Draw two worlds side by side and let a person be found in both.
 *
 * @example new Networks(root, {states, onSelect: (person, node) => {}})
 */
export class Networks {
  /**
   * @param {HTMLElement} root An element inside `.tg`, whose tokens give the colours.
   * @param {object} options
   * @param {{key: string, label: string, colour: string, shape: string}[]} options.states
   * @param {(person: number|null, node: number|null) => void} options.onSelect Called by a click, or Enter.
   * @param {(person: number|null, node: number|null) => void} [options.onHover]
   * @param {(on: boolean) => void} [options.onTies] Called when the box "Ties" is changed by hand.
   */
  constructor(root, { states, onSelect, onHover = () => {}, onTies = () => {} }) {
    Object.assign(this, { root, states, onSelect, onHover, onTies, date: "", hovered: null, selected: null, hasParted: false });
    this.shared = sharedBy(states, getComputedStyle(root));
    this.scenes = this.shared.scenes = ARMS.map((_, arm) => new Scene(arm, this.shared));
    this.pace = new Pace();
    this.still = window.matchMedia("(prefers-reduced-motion: reduce)");
    this.tick = this.tick.bind(this);
    this.build();
    this.watch = new ResizeObserver(() => this.resize());
    this.watch.observe(this.holders[0]);
    this.resize();
  }

  // ---- what is on the page

  build() {
    const keys = h("p", { class: "tg-hidden", id: freshId("keys") }, KEYS);
    const canvas = (name) =>
      h("canvas", { role: "img", tabindex: "0", "aria-label": `${name} world: nobody yet`, "aria-describedby": keys.id });
    this.canvases = ARMS.map(canvas);
    const spoken = [{ role: "status" }, { "aria-hidden": "true" }];
    this.messages = spoken.map((how) => h("p", { class: "net-message", hidden: true, ...how }));
    this.holders = ARMS.map((_, arm) => h("div", { class: "net-holder" }, this.canvases[arm], this.messages[arm]));
    this.heads = ARMS.map((_, arm) => new Head(arm));
    this.buildTools();
    const sections = this.heads.map(({ element }, arm) =>
      h("section", { class: `net-panel net-panel-${arm}` }, element, this.holders[arm]));
    this.panels = this.scenes.map((scene, arm) => new Panel(scene, this.canvases[arm]));
    this.legend = new Legend(this.states);
    this.tip = new Tip();
    this.element = h("div", { class: "net" }, keys, ...sections, this.legend.element, this.tip.element);
    this.root.append(this.element);
    this.canvases.forEach((one, arm) => listen(one, this, arm));
  }

  buildTools() {
    const ties = tickBox("Ties", "ties", (on) => {
      this.setShowTies(on);
      this.onTies(on);
    });
    const dim = tickBox("Dim lives that are the same", "dim", () => this.dim());
    dim.box.disabled = true;
    Object.assign(this, { tiesBox: ties.box, dimBox: dim.box, zoomTools: zoomButtons(this) });
    this.heads[0].tools.append(h("div", { class: "net-ticks" }, ties.element, dim.element));
    this.heads[1].tools.append(this.zoomTools);
  }

  /** The scenes there are: two, or one for a world that has no other beside it. */
  get shown() {
    return this.scenes.slice(0, this.shared.world?.arms.length ?? ARMS.length);
  }

  // ---- what the page tells us

  /** Begin a new world: nobody in it yet. @param {object} world The message `world`; with one arm, one panel. */
  setWorld(world) {
    Object.assign(this.shared, { world, people: new People() });
    Object.assign(this, { selected: null, hovered: null });
    for (const scene of this.scenes) scene.clear();
    for (const panel of this.panels) panel.pulses = [];
    Object.assign(this.shared.view, { bounds: boundsOf(world), fitted: true });
    world.arms.forEach((arm, i) => this.heads[i].setArm(arm));
    this.element.classList.toggle("net-single", world.arms.length === 1);
    this.heads[world.arms.length - 1].tools.append(this.zoomTools);
    this.tip.hide();
    this.resize();
    this.report();
  }

  /** Add people at their lasting places. Arrays as in the message `frame`. */
  addNodes(xy, persons, sex, born) {
    this.shared.people.add(xy, persons, sex, born);
  }

  /**
   * Set everyone's state in one arm.
   *
   * @param {0|1} arm
   * @param {Uint8Array} states
   * @param {{quiet?: boolean}} [options] quiet: nobody is ringed; for a jump of more than four weeks.
   */
  setStates(arm, states, { quiet = false } = {}) {
    const scene = this.scenes[arm];
    if (quiet) this.panels[arm].pulses = [];
    else if (scene.states.length && !this.still.matches) this.panels[arm].pulse(scene.states, states, performance.now());
    scene.states = states;
    scene.tally();
    this.isTipStale = true;
    this.spoil(PEOPLE, this.shared.isDimmed ? null : arm);
    this.report();
  }

  /** Set everyone's provider in one arm. @param {0|1} arm @param {Uint8Array} hubs Index in `world.hubs`, 255 none. */
  setHubs(arm, hubs) {
    Object.assign(this.scenes[arm], { hubs, counts: null });
    this.areHubsStale = this.isTipStale = true;
    this.spoil(OVERLAY, arm);
  }

  /**
   * Set how many each organisation has in one arm, people who are not shown included. Call it after `setHubs`, which
   * goes back to counting the people shown.
   *
   * @param {0|1} arm
   * @param {number[]} counts One for each of `world.hubs`.
   */
  setHubCounts(arm, counts) {
    this.scenes[arm].counts = counts;
    this.areHubsStale = this.isTipStale = true;
    this.spoil(OVERLAY, arm);
  }

  /** Set who is tied to whom in one arm. @param {0|1} arm @param {Uint32Array} pairs Nodes, two by two. */
  setTies(arm, pairs) {
    this.scenes[arm].ties = pairs;
    this.spoil(this.shared.showTies ? GROUND : OVERLAY, arm);
  }

  setShowTies(on) {
    this.shared.showTies = on;
    this.tiesBox.checked = on;
    this.spoil(GROUND);
  }

  /** Say whether the two worlds have parted, and when they do: only then can the same lives be told from the others. */
  setParted(parted, date) {
    this.heads[1].setParted(parted || !date ? "" : `the same until ${date}`);
    this.hasParted = parted;
    this.dimBox.disabled = !parted;
    this.dim();
  }

  /** Draw those whose lives are the same pale, where that is asked for and the worlds have parted. */
  dim() {
    const isDimmed = this.dimBox.checked && this.hasParted;
    if (isDimmed === this.shared.isDimmed) return;
    this.shared.isDimmed = isDimmed;
    this.spoil(this.shared.showTies ? GROUND : PEOPLE);
  }

  setDate(text) {
    this.date = text;
    for (const { date } of this.heads) date.textContent = text;
  }

  /** Show a quiet message over both worlds; an empty one takes it away. */
  setMessage(text) {
    for (const message of this.messages) {
      message.textContent = text;
      message.hidden = !text;
    }
  }

  /** Choose a node in both worlds (null: nobody); a node out of sight is brought to the middle. */
  select(node) {
    this.selected = node;
    const { view } = this.shared;
    if (node !== null && view.width) {
      const [x, y] = this.scenes[0].at(node);
      if (x < 0 || y < 0 || x > view.width || y > view.height) this.pan(view.width / 2 - x, view.height / 2 - y);
    }
    this.spoil(OVERLAY);
  }

  /** Node of a person's number, null when they are not shown. */
  nodeOf(person) {
    return this.shared.people.nodes.get(person) ?? null;
  }

  framesPerSecond() {
    return this.pace.perSecond;
  }

  destroy() {
    this.watch.disconnect();
    cancelAnimationFrame(this.frame);
    clearTimeout(this.naming);
    this.element.remove();
  }

  /** @param {import("./download.js").Provenance} provenance what the files say of where they come from */
  setProvenance(provenance) {
    this.provenance = provenance;
  }

  // ---- drawing

  /** Fit the canvases to their places. */
  resize() {
    const { clientWidth: width, clientHeight: height } = this.holders[0];
    if (!width || !height) return;
    const ratio = Math.min(window.devicePixelRatio || 1, 2);
    const { view, world } = this.shared;
    view.pad = world?.areas.length === 1 ? [clamp(0.2 * width, 24, 140), 34] : [24, 28];
    view.resize(width, height);
    for (const panel of this.panels) panel.resize(width, height, ratio);
    this.wake();
  }

  spoil(depth, arm = null) {
    this.panels.forEach((panel, i) => (arm === null || arm === i) && panel.spoil(depth));
    this.wake();
  }

  wake() {
    this.frame ||= requestAnimationFrame(this.tick);
  }

  tick(now) {
    if (this.drawn) this.pace.add(now - this.drawn);
    if (this.areHubsStale && this.shown.map((scene) => scene.link()).some(Boolean)) this.panels.forEach((panel) => panel.spoil(GROUND));
    this.areHubsStale = false;
    if (this.isTipStale) this.tip.renew();
    this.isTipStale = false;
    const focus = (pen, scene) => this.paintFocus(pen, scene);
    const panels = this.panels.slice(0, this.shown.length);
    const isDrawn = panels.map((panel) => panel.paint(performance.now(), focus)).some(Boolean);
    this.drawn = isDrawn ? now : 0;
    this.frame = isDrawn ? requestAnimationFrame(this.tick) : 0;
  }

  paintFocus(pen, scene) {
    if (!this.shared.world) return;
    if (this.selected !== null && this.selected !== this.hovered) scene.paintFocus(pen, this.selected, true);
    if (this.hovered !== null) scene.paintFocus(pen, this.hovered, this.hovered === this.selected);
  }

  /** Bring counts in the legend now, and in the canvases' names at most each second, up to date. */
  report() {
    this.legend.update(this.scenes);
    this.naming ||= setTimeout(() => {
      this.naming = 0;
      this.shown.forEach((_, arm) => this.canvases[arm].setAttribute("aria-label", nameOf(this, arm)));
    }, NAMES_MS);
  }

  // ---- view

  fit() {
    this.leave();
    this.shared.view.fit();
    this.spoil(GROUND);
  }

  pan(dx, dy) {
    this.leave();
    this.shared.view.pan(dx, dy);
    this.spoil(GROUND);
  }

  zoom(x, y, factor) {
    this.leave();
    this.shared.view.zoom(x, y, factor);
    this.spoil(GROUND);
  }

  // ---- who is pointed at, and who is chosen

  choose(node) {
    if (node === null && this.selected === null) return;
    this.select(node);
    this.onSelect(node === null ? null : this.shared.people.persons[node], node);
  }

  hover(arm, [px, py], event) {
    const node = pickNode(this, arm, px, py);
    const hub = node === null ? pickHub(this, arm, px, py) : null;
    this.canvases[arm].style.cursor = node === null ? "grab" : "pointer";
    this.setHovered(node);
    if (node !== null) this.tip.show(() => describe(this, node), event.clientX, event.clientY);
    else if (hub !== null) this.tip.show(() => describeHub(this, hub), event.clientX, event.clientY);
    else this.tip.hide();
  }

  leave() {
    this.tip.hide();
    this.setHovered(null);
  }

  setHovered(node) {
    if (node === this.hovered) return;
    this.hovered = node;
    this.onHover(node === null ? null : this.shared.people.persons[node], node);
    this.spoil(OVERLAY);
  }

  // ---- files

  /** @returns {Promise<Blob>} */
  toPNG() {
    return toPNG(this);
  }

  /** @returns {string} */
  toSVG() {
    return toSVG(this);
  }

  /** @returns {string} */
  csv() {
    return toCSV(this);
  }
}

/** What both scenes draw from: the people, the view, the world, and how words and colours look here. */
function sharedBy(states, style) {
  const family = style.fontFamily;
  const tokens = Object.fromEntries(TOKENS.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
  const scribe = document.createElement("canvas").getContext("2d");
  const measure = (words, size, weight) => {
    scribe.font = `${weight} ${size}px ${family}`;
    return scribe.measureText(words).width;
  };
  const people = new People();
  return { states, tokens, measure, family, people, view: new View(), world: null, showTies: false, isDimmed: false, scenes: [] };
}
