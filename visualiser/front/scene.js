/** One arm's world, drawn with any pen, in CSS pixels. */
import { LABELS_FROM_PX, paintHubs, placeHubs } from "./hubs.js";
import { mixed, outline } from "./marks.js";
import { ABSENT, clamp } from "./people.js";
import { count } from "./words.js";

/** How people are drawn: all alike, or the same in both worlds pale and the others larger; in the order of drawing. */
const LOOKS = [
  { key: "plain", factor: 1, strength: 1 },
  { key: "same", factor: 1, strength: 0.18 },
  { key: "other", factor: 1.3, strength: 1 },
];

/** The people, organisations and ties of one arm. */
export class Scene {
  /** @param {0|1} arm @param {object} shared what both scenes share: people, view, world, states, tokens, scenes */
  constructor(arm, shared) {
    Object.assign(this, { arm, shared });
    this.tallies = shared.states.map(() => 0);
    this.clear();
  }

  /** Forget everybody. */
  clear() {
    Object.assign(this, { states: new Uint8Array(0), hubs: new Uint8Array(0), ties: new Uint32Array(0), linked: [], counts: null });
    this.tallies.fill(0);
  }

  /** Where a node stands on the screen. */
  at(node) {
    const { view, people } = this.shared;
    return view.place(people.xy[2 * node], people.xy[2 * node + 1]);
  }

  /** Radius of an ordinary mark, CSS pixels. */
  radius() {
    return clamp(0.45 * this.shared.people.spacing * this.shared.view.k, 1.35, 7);
  }

  stateOf(node) {
    return this.states[node] ?? ABSENT;
  }

  hubOf(node) {
    const hub = this.hubs[node] ?? ABSENT;
    return hub < this.shared.world.hubs.length ? hub : null;
  }

  tally() {
    this.tallies.fill(0);
    for (const state of this.states) if (state !== ABSENT) this.tallies[state]++;
  }

  /** Count who is linked to each organisation: as told, or else from the people shown (charities unknown). */
  link() {
    const before = this.linked.join();
    const { hubs } = this.shared.world;
    this.linked = this.counts ?? hubs.map(({ kind }) => (kind === "provider" ? 0 : null));
    if (!this.counts) for (const hub of this.hubs) if (hub < hubs.length) this.linked[hub]++;
    return this.linked.join() !== before;
  }

  /** How many an organisation has, in words short enough for its label. */
  counted(index) {
    const words = !this.counts ? "shown" : this.shared.world.hubs[index].kind === "provider" ? "people" : "helped";
    return `${count(this.linked[index] ?? 0)} ${words}`;
  }

  /** The look of a person: its place in `LOOKS`. */
  #look(node) {
    const { isDimmed, scenes } = this.shared;
    if (!isDimmed) return 0;
    return scenes[1 - this.arm].stateOf(node) === this.stateOf(node) ? 1 : 2;
  }

  /** How a person is drawn. */
  lookOf(node) {
    return LOOKS[this.#look(node)];
  }

  /** Everyone in this world, in groups of one look and one state, in the order of drawing. */
  groups() {
    const { people, states } = this.shared;
    const groups = LOOKS.flatMap((look) => states.map((_, state) => ({ look, state, nodes: [] })));
    const known = Math.min(this.states.length, people.size);
    for (let node = 0; node < known; node++) {
      const state = this.states[node];
      if (state !== ABSENT) groups[this.#look(node) * states.length + state].nodes.push(node);
    }
    return groups;
  }

  /** Areas, ties and organisations: what lies under the people. */
  paintGround(pen) {
    if (!this.shared.world) return;
    this.#paintAreas(pen);
    if (this.shared.showTies) this.#paintTies(pen);
    paintHubs(pen, this);
  }

  #paintAreas(pen) {
    const { view, world, tokens } = this.shared;
    const look = { size: 12, weight: 600, anchor: "middle", fill: tokens["ink-soft"], halo: tokens.surface };
    for (const [index, { title, x, y, r }] of world.areas.entries()) {
      const [px, py] = view.place(x, y);
      const pr = r * view.k;
      pen.circle(px, py, pr, { fill: tokens["surface-soft"], stroke: tokens.line });
      if (world.areas.length === 1 || pr < 34 || pr > LABELS_FROM_PX) continue;
      const top = Math.min(y - r, ...world.hubs.filter((hub) => hub.area === index).map((hub) => hub.y));
      pen.text(title, px, view.place(x, top)[1] - 9, look);
    }
  }

  #paintTies(pen) {
    const ends = new Float32Array(2 * this.ties.length);
    this.ties.forEach((node, i) => ends.set(this.at(node), 2 * i));
    const strength = (this.radius() < 2 ? 0.35 : 0.55) * (this.shared.isDimmed ? 0.4 : 1);
    const stroke = `rgba(77,90,105,${strength.toFixed(2)})`;
    pen.lines(ends, { stroke, width: clamp(this.radius() * 0.22, 0.6, 1.2) });
  }

  /** Everyone as vector marks, rarer states last: for files, not for the screen. */
  paintPeople(pen) {
    const { states, tokens } = this.shared;
    for (const { look, state, nodes } of this.groups()) {
      if (!nodes.length) continue;
      const fill = mixed(states[state].colour, tokens["surface-soft"], look.strength);
      const points = outline(states[state].shape, this.radius() * look.factor);
      pen.marks(points, nodes.flatMap((node) => this.at(node)), { fill, stroke: tokens.surface, width: 0.4 });
    }
  }

  /** One person's ring, ties and way to their provider. */
  paintFocus(pen, node, isChosen) {
    const { tokens } = this.shared;
    if (this.stateOf(node) === ABSENT) return this.#ringed(pen, node, tokens["ink-soft"], 2, [3, 2]);
    this.#paintWay(pen, node);
    for (const other of this.tiedTo(node)) {
      pen.lines([...this.at(node), ...this.at(other)], { stroke: tokens.accent, width: 1.8 });
      this.#ringed(pen, other, tokens.accent, 1.2);
    }
    this.#ringed(pen, node, isChosen ? tokens.accent : tokens.ink, isChosen ? 3 : 2);
  }

  /** A dashed line from a person to their provider's label, or to its mark. */
  #paintWay(pen, node) {
    const hub = this.hubOf(node);
    if (hub === null) return;
    const [x, y] = this.at(node);
    const { x: hx, y: hy, box } = placeHubs(this)[hub];
    const end = box ? [clamp(x, box.x, box.x + box.w), clamp(y, box.y, box.y + box.h)] : [hx, hy];
    pen.lines([x, y, ...end], { stroke: this.shared.tokens.ink, width: 1.5, dash: [6, 4] });
  }

  tiedTo(node) {
    const others = [];
    const { ties } = this;
    for (let i = 0; i < ties.length; i += 2) {
      if (ties[i] === node) others.push(ties[i + 1]);
      else if (ties[i + 1] === node) others.push(ties[i]);
    }
    return others;
  }

  #ringed(pen, node, stroke, width, dash = []) {
    const [x, y] = this.at(node);
    const reach = this.radius() * 1.4 + 3;
    pen.circle(x, y, reach, { stroke: this.shared.tokens.surface, width: width + 3 });
    pen.circle(x, y, reach, { stroke, width, dash });
  }
}
