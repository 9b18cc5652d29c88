/** Play, pause, step, reset, speed; the date; more seeds for intervals. */
import { say } from "./dates.js";
import { h, labelled } from "./html.js";

const SPEEDS = [1, 2, 4, 8, 16, 26, 52, 520];
const USUAL_SPEED = 8;
const YEAR = 52;
const MORE = 10;

export class Transport {
  /** @param {HTMLElement} root @param {(message: object) => void} send */
  constructor(root, send) {
    const button = (text, does, name = "") => h("button", { type: "button", class: `tg-button ${name}`, onclick: does }, text);
    this.send = send;
    this.playButton = button("Play", () => this.#toggle(), "tg-button--main tg-play");
    this.steps = [
      button("Step a week", () => send({ kind: "step", weeks: 1 })),
      button("Step a year", () => send({ kind: "step", weeks: YEAR })),
      button("Reset", () => send({ kind: "reset" })),
    ];
    const option = (speed) => h("option", { value: speed, selected: speed === USUAL_SPEED }, speed > 100 ? "as fast as it can" : `${speed}`);
    this.speed = h("select", { onchange: () => this.playing && !this.seeking && this.#play() }, ...SPEEDS.map(option));
    this.date = h("p", { class: "tg-date" });
    this.more = button(`Add ${MORE} seeds`, () => send({ kind: "replicates", more: MORE }));
    this.more.title = "Runs the same choices with other seeds, beside the worlds, for the intervals in the charts";
    this.replicates = h("span", { class: "tg-quiet", role: "status" });
    root.setAttribute("aria-label", "Clock");
    root.replaceChildren(
      h("div", { class: "tg-transport__keys", role: "group", "aria-label": "Clock" }, this.playButton, ...this.steps),
      labelled("Weeks a second", this.speed, "tg-field tg-field--row"),
      this.date,
      h("div", { class: "tg-transport__more" }, this.more, this.replicates),
    );
    this.setEnabled(false);
  }

  setEnabled(on) {
    for (const control of [this.playButton, ...this.steps, this.more]) control.disabled = !on;
    this.enabled = on;
    if (!on) this.#mark(false);
  }

  /** Show a frame's date, and whether weeks go by. */
  set({ date, playing, seeking, over }) {
    this.date.textContent = say(date);
    this.seeking = seeking;
    this.#mark(playing || seeking);
    this.playButton.disabled = !this.enabled || over;
  }

  setReplicates({ done, asked, running }) {
    this.more.disabled = !this.enabled || running;
    this.replicates.textContent = running ? `${done} of ${asked} seeds done` : done ? `intervals over ${done} more seeds` : "";
  }

  #mark(playing) {
    this.playing = playing;
    this.playButton.textContent = playing ? "Pause" : "Play";
  }

  #toggle() {
    if (this.playing) this.send({ kind: "pause" });
    else this.#play();
  }

  #play() {
    this.send({ kind: "play", speed: Number(this.speed.value) });
  }
}
