/** What a pointer and keys do to a network: point, choose, move and zoom. */
import { clamp } from "./people.js";
import { pickNode } from "./picking.js";

const STEP_PX = 40;
const ZOOM = 1.4;
const STILL_PX = 4; // a press that moves no farther is a click

/**
 * Listen to one canvas.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {import("./network.js").Networks} networks
 * @param {0|1} arm
 */
export function listen(canvas, networks, arm) {
  const on = (name, act, options) => canvas.addEventListener(name, act, options);
  new Drag(canvas, networks, arm).listen(on);
  on("pointerleave", () => networks.leave());
  on("dblclick", () => networks.fit());
  on("keydown", (event) => press(event, networks, arm));
  on("wheel", (event) => {
    event.preventDefault();
    const pixels = event.deltaY * (event.deltaMode ? 30 : 1);
    networks.zoom(...placeIn(canvas, event), Math.exp(-clamp(pixels, -200, 200) * 0.002));
  }, { passive: false });
}

/** Where an event is on a canvas, CSS pixels. */
function placeIn(canvas, event) {
  const { left, top } = canvas.getBoundingClientRect();
  return [event.clientX - left, event.clientY - top];
}

/** Pointers that are down: one moves the view, two pinch it, one that stays where it is chooses. */
class Drag {
  constructor(canvas, networks, arm) {
    Object.assign(this, { canvas, networks, arm, pointers: new Map(), travelled: 0 });
  }

  listen(on) {
    on("pointerdown", (event) => this.#down(event));
    on("pointermove", (event) => this.#move(event));
    on("pointerup", (event) => this.#up(event));
    on("pointercancel", (event) => this.pointers.delete(event.pointerId));
  }

  #down(event) {
    if (!this.pointers.size) this.travelled = 0;
    this.pointers.set(event.pointerId, placeIn(this.canvas, event));
    this.canvas.setPointerCapture(event.pointerId);
  }

  #move(event) {
    const before = this.pointers.get(event.pointerId);
    const after = placeIn(this.canvas, event);
    if (!before) return this.networks.hover(this.arm, after, event);
    this.travelled += Math.hypot(after[0] - before[0], after[1] - before[1]);
    const other = [...this.pointers].find(([id]) => id !== event.pointerId)?.[1];
    if (other) this.#pinch(before, after, other);
    else if (this.travelled > STILL_PX) this.networks.pan(after[0] - before[0], after[1] - before[1]);
    this.pointers.set(event.pointerId, after);
    this.networks.leave();
  }

  #pinch(before, after, other) {
    const apart = (point) => Math.hypot(point[0] - other[0], point[1] - other[1]) || 1;
    this.networks.zoom(other[0], other[1], apart(after) / apart(before));
  }

  #up(event) {
    const isClick = this.pointers.size === 1 && this.travelled <= STILL_PX;
    if (isClick) this.networks.choose(pickNode(this.networks, this.arm, ...placeIn(this.canvas, event)));
    this.pointers.delete(event.pointerId);
  }
}

function press(event, networks, arm) {
  const { width, height } = networks.shared.view;
  const middle = [width / 2, height / 2];
  const acts = {
    ArrowLeft: () => networks.pan(STEP_PX, 0),
    ArrowRight: () => networks.pan(-STEP_PX, 0),
    ArrowUp: () => networks.pan(0, STEP_PX),
    ArrowDown: () => networks.pan(0, -STEP_PX),
    "+": () => networks.zoom(...middle, ZOOM),
    "=": () => networks.zoom(...middle, ZOOM),
    "-": () => networks.zoom(...middle, 1 / ZOOM),
    0: () => networks.fit(),
    Enter: () => networks.choose(networks.selected ?? pickNode(networks, arm, ...middle, Math.max(width, height))),
    Escape: () => networks.choose(null),
  };
  if (!acts[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  acts[event.key]();
}
