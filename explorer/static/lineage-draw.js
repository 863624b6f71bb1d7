// Draws a graph on a canvas: what is in view, in as much detail as the scale shows.

import {WIDTH, HEIGHT} from "./lineage-graph.js";

const NEAREST = 2.5, MOST_EDGES = 3000, MOVING_EDGES = 600, MOST_BOXES = 3000, LABELS = .45, BOXES = .16;

// How an edge is drawn tells its permission without its colour too.
const STROKES = {
  allowed: {colour: "good", width: 2, dash: []},
  denied: {colour: "bad", width: 3, dash: [10, 6]},
  none: {colour: "soft", width: 1.5, dash: [2, 5]},
  same: {colour: "accent", width: 1.5, dash: [12, 4, 2, 4]},
};
export const strokeOf = e => e.kind ? e.permission : "same";

export class View {
  scale = 1; left = 0; top = 0;        // of the graph, at the canvas's corner
  selected = -1;
  frames = 0; round = 0; drawn = new Uint32Array(0); moving = false;
  #asked = false; #motion = 0; #still = 0;

  constructor(canvas, graph, words) {
    this.canvas = canvas; this.graph = graph; this.words = words;
    this.pen = canvas.getContext("2d", {alpha: false});
    new ResizeObserver(() => this.resize()).observe(canvas);
    for (const query of ["(prefers-color-scheme: dark)"]) matchMedia(query).addEventListener("change", () => { this.colours(); this.draw(); });
    this.colours();
    this.resize();
  }

  colours() {
    const style = getComputedStyle(document.documentElement);
    this.ink = Object.fromEntries(["paper", "sheet", "ink", "soft", "line", "hair", "accent", "tint", "good", "bad", "warn", "good-bg", "bad-bg", "wait-bg", "open-bg", "ended-bg", "sans", "mono"]
      .map(name => [name, style.getPropertyValue("--" + name).trim()]));
  }

  resize() {
    const box = this.canvas.getBoundingClientRect(), ratio = devicePixelRatio || 1;
    if (!box.width) return;
    const shift = this.width ? {x: (this.width - box.width) / 2, y: (this.height - box.height) / 2} : {x: 0, y: 0};
    this.left += shift.x / this.scale; this.top += shift.y / this.scale;
    this.width = box.width; this.height = box.height;
    this.canvas.width = Math.round(box.width * ratio); this.canvas.height = Math.round(box.height * ratio);
    this.#frame(); // at once: the new size has wiped the canvas
  }

  // draw draws soon, once however often it is asked.
  draw() {
    if (this.#asked) return;
    this.#asked = true;
    requestAnimationFrame(() => { this.#asked = false; this.#frame(); });
  }

  // move draws coarsely now and in full once all is still.
  move() {
    this.moving = true;
    clearTimeout(this.#still);
    this.#still = setTimeout(() => { this.moving = false; this.draw(); }, 160);
    this.draw();
  }

  toGraph(x, y) { return {x: this.left + x / this.scale, y: this.top + y / this.scale}; }

  get farthest() {
    const b = this.graph.bounds;
    return Math.min(.5, .8 * Math.min(this.width / (b.right - b.left + 1), this.height / (b.bottom - b.top + 1)));
  }

  // zoom scales by a factor around a point of the canvas.
  zoom(factor, x = this.width / 2, y = this.height / 2) {
    this.#motion++;
    const at = this.toGraph(x, y);
    this.scale = Math.max(Math.min(this.farthest, this.scale), Math.min(NEAREST, this.scale * factor));
    this.left = at.x - x / this.scale; this.top = at.y - y / this.scale;
    this.move();
  }

  pan(dx, dy) { this.#motion++; this.left -= dx / this.scale; this.top -= dy / this.scale; this.move(); }

  fit() {
    this.#motion++;
    const b = this.graph.bounds, w = b.right - b.left + 80, h = b.bottom - b.top + 80;
    this.scale = Math.min(1.1, this.width / w, this.height / h);
    this.left = (b.left + b.right) / 2 - this.width / 2 / this.scale;
    this.top = (b.top + b.bottom) / 2 - this.height / 2 / this.scale;
    this.draw();
  }

  // centre brings a node to the middle, gliding unless the reader wants no motion.
  centre(i, glide = true) {
    const to = {left: this.graph.x[i] + WIDTH / 2 - this.width / 2 / this.scale, top: this.graph.y[i] + HEIGHT / 2 - this.height / 2 / this.scale};
    const motion = ++this.#motion;
    if (!glide || matchMedia("(prefers-reduced-motion: reduce)").matches) { Object.assign(this, to); this.draw(); return; }
    const from = {left: this.left, top: this.top}, began = performance.now();
    const step = now => {
      if (motion !== this.#motion) return;
      const t = Math.min(1, Math.max(0, (now - began) / 220)), ease = t * (2 - t);
      this.left = from.left + (to.left - from.left) * ease; this.top = from.top + (to.top - from.top) * ease;
      this.move();
      if (t < 1) requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  }

  #frame() {
    const {pen, graph: g, ink} = this, ratio = devicePixelRatio || 1;
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.fillStyle = ink.sheet;
    pen.fillRect(0, 0, this.width, this.height);
    const right = this.left + this.width / this.scale, bottom = this.top + this.height / this.scale;
    const seen = [];
    g.within(this.left, this.top, right, bottom, i => seen.push(i));
    const s = this.scale * ratio;
    pen.setTransform(s, 0, 0, s, -this.left * s, -this.top * s);
    if (this.scale >= BOXES && seen.length <= MOST_BOXES) {
      this.#edges(seen);
      for (const i of seen) this.#box(i);
    } else {
      this.#dots(seen);
      this.#edges(seen);
    }
    if (this.selected >= 0) this.#mark(this.selected);
    this.frames++;
    this.canvas.dataset.frames = this.frames;
    this.canvas.dataset.seen = seen.length;
  }

  // #edges draws the edges of what is in view, each kind in one stroke; of more than
  // can be told apart an even part, and refused ones always.
  #edges(seen) {
    const {pen, graph: g, ink} = this;
    let total = 0;
    for (const i of seen) total += g.row[i + 1] - g.row[i];
    const most = this.moving ? MOVING_EDGES : MOST_EDGES, every = Math.max(1, Math.ceil(total / most)), round = ++this.round;
    if (this.drawn.length < g.edges.length) this.drawn = new Uint32Array(g.edges.length);
    const lots = {allowed: [], denied: [], none: [], same: []};
    let n = 0, refused = 0;
    for (const i of seen) for (let at = g.row[i]; at < g.row[i + 1]; at++) {
      const k = g.list[at], e = g.edges[k];
      if (n++ % every && !(e.permission === "denied" && e.kind && refused < most) || this.drawn[k] === round) continue;
      this.drawn[k] = round;
      const kind = strokeOf(e);
      if (kind === "denied") refused++;
      lots[kind].push(e);
    }
    const plain = this.scale < BOXES;
    for (const [kind, lot] of Object.entries(lots)) {
      if (!lot.length) continue;
      const stroke = STROKES[kind], width = Math.max(stroke.width, stroke.width * .6 / this.scale);
      pen.strokeStyle = ink[stroke.colour];
      pen.globalAlpha = lot.length > 1000 ? .15 : lot.length > 400 ? .55 : 1;
      pen.lineWidth = plain ? width * .6 : width;
      pen.setLineDash(lot.length > 1000 || plain ? [] : stroke.dash.map(d => d * Math.max(1, .5 / this.scale)));
      for (let at = 0; at < lot.length; at += 200) { // long paths are slow to fill in
        pen.beginPath();
        for (const e of lot.slice(at, at + 200)) this.#curve(e);
        pen.stroke();
      }
    }
    pen.setLineDash([]);
    pen.globalAlpha = 1;
    if (this.selected >= 0) {
      for (const k of g.edgesOf(this.selected).subarray(0, 300)) {
        const e = g.edges[k], stroke = STROKES[strokeOf(e)];
        pen.strokeStyle = ink[stroke.colour];
        pen.lineWidth = 1.8 * Math.max(stroke.width, stroke.width * .6 / this.scale);
        pen.setLineDash(stroke.dash.map(d => d * Math.max(1, .5 / this.scale)));
        pen.beginPath(); this.#curve(e); pen.stroke();
      }
      pen.setLineDash([]);
    }
    if (this.scale >= BOXES) for (const lot of Object.values(lots)) for (const e of lot.slice(0, 1500)) this.#tip(e);
  }

  #ends(e) {
    const g = this.graph, ax = g.x[e.from], bx = g.x[e.to], y1 = g.y[e.from] + HEIGHT / 2, y2 = g.y[e.to] + HEIGHT / 2;
    if (bx >= ax + WIDTH) return {x1: ax + WIDTH, y1, x2: bx, y2, way: 1};
    if (ax >= bx + WIDTH) return {x1: ax, y1, x2: bx + WIDTH, y2, way: -1};
    return {x1: ax + WIDTH, y1, x2: bx + WIDTH, y2, way: 0};
  }

  #curve(e) {
    const {x1, y1, x2, y2, way} = this.#ends(e), pen = this.pen;
    pen.moveTo(x1, y1);
    if (this.scale < BOXES) { pen.lineTo(x2, y2); return; }
    const reach = way === 0 ? 60 : way * Math.min(90, Math.abs(x2 - x1) / 2);
    pen.bezierCurveTo(x1 + reach, y1, way === 0 ? x2 + 60 : x2 - reach, y2, x2 + (way === 0 ? 8 : -8 * way), y2);
  }

  // #tip is the arrow's head; a refused edge bears a cross too.
  #tip(e) {
    const {x1, y1, x2, y2, way} = this.#ends(e), pen = this.pen, kind = strokeOf(e), w = way === 0 ? -1 : way;
    pen.fillStyle = pen.strokeStyle = this.ink[STROKES[kind].colour];
    pen.beginPath(); pen.moveTo(x2, y2); pen.lineTo(x2 - 10 * w, y2 - 5); pen.lineTo(x2 - 10 * w, y2 + 5); pen.fill();
    if (kind === "denied") {
      const x = (x1 + x2) / 2, y = (y1 + y2) / 2;
      pen.fillStyle = this.ink.sheet;
      pen.beginPath(); pen.arc(x, y, 10, 0, 7); pen.fill();
      pen.lineWidth = 3;
      pen.beginPath(); pen.moveTo(x - 6, y - 6); pen.lineTo(x + 6, y + 6); pen.moveTo(x + 6, y - 6); pen.lineTo(x - 6, y + 6); pen.stroke();
    }
  }

  #tone(type) { return {Resource: "good-bg", Product: "open-bg", Copy: "wait-bg", Listing: "ended-bg", Permit: "ended-bg"}[type] || "tint"; }

  #box(i) {
    const {pen, graph: g, ink} = this, n = g.nodes[i], x = g.x[i], y = g.y[i];
    pen.fillStyle = ink[this.#tone(n.type)];
    pen.strokeStyle = i === 0 ? ink.accent : ink.line;
    pen.lineWidth = i === 0 ? 2.5 : 1;
    pen.beginPath(); pen.roundRect(x, y, WIDTH, HEIGHT, 6); pen.fill(); pen.stroke();
    if (this.scale < LABELS) return;
    const {back, forward} = g.beyond(i), more = [back && `‹+${back}`, forward && `+${forward}›`].filter(Boolean).join(" ");
    pen.textBaseline = "alphabetic";
    pen.textAlign = "right";
    pen.font = `600 13px ${ink.sans}`;
    pen.fillStyle = ink.accent;
    pen.fillText(more, x + WIDTH - 9, y + 21);
    const room = WIDTH - 22 - (more ? pen.measureText(more).width + 6 : 0);
    pen.textAlign = "left";
    pen.fillStyle = ink.ink;
    pen.font = `600 15px ${ink.sans}`;
    pen.fillText(this.words.type(n.type) + (n.version ? ` v${n.version}` : ""), x + 11, y + 21, room);
    pen.font = `12px ${ink.mono}`;
    pen.fillStyle = ink.soft;
    pen.fillText(this.words.brief(n), x + 11, y + 40, WIDTH - 20);
  }

  #dots(seen) {
    const {pen, graph: g, ink} = this, least = Math.max(WIDTH * .7, 1.5 / this.scale), high = Math.max(HEIGHT * .7, 1.5 / this.scale);
    const lots = new Map();
    pen.globalAlpha = seen.length > MOST_BOXES ? .45 : .8;
    for (const i of seen) { const t = g.nodes[i].type; (lots.get(t) || lots.set(t, []).get(t)).push(i); }
    for (const [type, lot] of lots) {
      pen.fillStyle = {Resource: ink.good, Product: ink.accent, Copy: ink.warn}[type] || ink.soft;
      pen.beginPath();
      for (const i of lot) pen.rect(g.x[i], g.y[i], least, high);
      pen.fill();
    }
    pen.globalAlpha = 1;
  }

  #mark(i) {
    const {pen, graph: g, ink} = this, pad = Math.max(5, 4 / this.scale);
    pen.strokeStyle = ink.ink;
    pen.lineWidth = Math.max(2.5, 2 / this.scale);
    pen.beginPath(); pen.roundRect(g.x[i] - pad, g.y[i] - pad, WIDTH + 2 * pad, HEIGHT + 2 * pad, 9); pen.stroke();
  }
}
