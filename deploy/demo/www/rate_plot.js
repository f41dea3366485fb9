// SPDX-License-Identifier: MIT
// Events of each of the last sixty seconds, as bars.

const SVG = "http://www.w3.org/2000/svg";
const SECONDS = 60;
const WIDTH = 300, TOP = 14, FLOOR = 68;

export class RatePlot {
  /** Draws into `svg` and says the same in `caption`, once a second. */
  constructor(svg, caption) {
    this.caption = caption;
    this.most = draw(svg, "text", { x: 0, y: 9 });
    draw(svg, "line", { x1: 0, x2: WIDTH, y1: TOP, y2: TOP, class: "grid" });
    draw(svg, "line", { x1: 0, x2: WIDTH, y1: FLOOR + 0.5, y2: FLOOR + 0.5, class: "floor" });
    draw(svg, "text", { x: 0, y: 81 }).textContent = "a minute ago";
    draw(svg, "text", { x: WIDTH, y: 81, "text-anchor": "end" }).textContent = "now";
    const step = WIDTH / SECONDS;
    this.bars = Array.from({ length: SECONDS }, (_, i) => draw(svg, "rect", { x: i * step + 0.5, width: step - 1, rx: 1 }));
    this.restart();
    setInterval(() => this.tick(), 1000);
  }

  restart() {
    this.counts = Array(SECONDS).fill(0); // whole seconds, oldest first
    this.current = 0;
    this.since = 0;
    this.show();
  }

  count() {
    this.current += 1;
  }

  tick() {
    this.counts.shift();
    this.counts.push(this.current);
    this.current = 0;
    this.since = Math.min(this.since + 1, SECONDS);
    this.show();
  }

  show() {
    const top = Math.max(1, ...this.counts);
    this.most.textContent = String(top);
    this.bars.forEach((bar, i) => {
      const height = (this.counts[i] / top) * (FLOOR - TOP);
      bar.setAttribute("y", FLOOR - height);
      bar.setAttribute("height", height);
    });
    const sum = this.counts.reduce((a, b) => a + b, 0);
    const over = this.since < SECONDS ? `${this.since} s` : "minute";
    this.caption.textContent = this.since ? `${(sum / this.since).toFixed(2)} a second over the last ${over}` : "none yet";
  }
}

function draw(parent, name, attributes) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return parent.appendChild(element);
}
