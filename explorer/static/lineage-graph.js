// The graph that is shown: nodes and edges as they came from the gateway, where each
// node stands, and which are near a point. Nothing here touches the page.

export const WIDTH = 168, HEIGHT = 50;     // of a node, in the graph's own units
const ACROSS = 252, DOWN = 70;             // from column to column, from row to row
const CELL = 512;                          // side of a square of the grid
const TALL = 40;                           // rows of a column before it becomes a block

export const keyOf = n => n.id && n.type !== "Resource" && n.type !== "Product" ? n.id : `${n.id || ""}@${n.version || 0} ${n.contentRoot || ""}`;

// pairs are the edges, one of each pair of nodes.
function pairs(edges, n) {
  const seen = new Set();
  return edges.filter(e => { const k = e.from * n + e.to; return seen.has(k) ? false : seen.add(k); });
}

export class Graph {
  nodes = [];        // as the API has them; depth is from the first start
  edges = [];        // from and to are places in nodes
  at = new Map();    // key → place
  #edgeKeys = new Set();
  x = new Float64Array(0);
  y = new Float64Array(0);

  // add takes in an answer; its nodes' depths count from `base`. It returns the
  // place of the answer's first node.
  add(answer, base = 0) {
    // A node's neighbours are those the answer shows and those it counts beyond.
    const all = answer.nodes.map(n => ({back: n.back || 0, forward: n.forward || 0}));
    for (const {from, to} of pairs(answer.edges, answer.nodes.length)) { all[to].back++; all[from].forward++; }
    const place = answer.nodes.map((n, k) => {
      const key = keyOf(n);
      let i = this.at.get(key);
      if (i === undefined) {
        i = this.nodes.length;
        this.at.set(key, i);
        this.nodes.push({...n, depth: n.depth + base, all: all[k]});
      } else {
        this.nodes[i] = {...n, depth: this.nodes[i].depth, all: all[k]};
      }
      return i;
    });
    for (const e of answer.edges) {
      const from = place[e.from], to = place[e.to], key = `${from} ${to} ${e.id || ""} ${e.ref || ""}`;
      if (!this.#edgeKeys.has(key)) {
        this.#edgeKeys.add(key);
        this.edges.push({...e, from, to});
      }
    }
    this.#link();
    this.layout();
    return place[0];
  }

  // #link lists each node's edges, side by side.
  #link() {
    const n = this.nodes.length, row = new Uint32Array(n + 1);
    for (const e of this.edges) { row[e.from + 1]++; if (e.to !== e.from) row[e.to + 1]++; }
    for (let i = 0; i < n; i++) row[i + 1] += row[i];
    const next = row.slice(0, n), list = new Uint32Array(row[n]);
    this.edges.forEach((e, i) => { list[next[e.from]++] = i; if (e.to !== e.from) list[next[e.to]++] = i; });
    this.row = row; this.list = list;
    this.shownBack = new Uint32Array(n); this.shownForward = new Uint32Array(n);
    for (const {from, to} of pairs(this.edges, n)) { this.shownBack[to]++; this.shownForward[from]++; }
  }

  edgesOf(i) { return this.list.subarray(this.row[i], this.row[i + 1]); }

  // beyond is how many neighbours of a node are not shown.
  beyond(i) {
    const n = this.nodes[i];
    return {back: Math.max(0, n.all.back - this.shownBack[i]), forward: Math.max(0, n.all.forward - this.shownForward[i])};
  }

  // layout puts every depth in a column, wide ones in a block of columns, and orders a column
  // by where its nodes' neighbours nearer the start stand. Time is linear but for
  // the sorting of a column.
  layout() {
    const n = this.nodes.length;
    if (this.x.length < n) { this.x = new Float64Array(n); this.y = new Float64Array(n); }
    let low = 0, high = 0;
    for (const v of this.nodes) { low = Math.min(low, v.depth); high = Math.max(high, v.depth); }
    const columns = Array.from({length: high - low + 1}, () => []);
    this.nodes.forEach((v, i) => columns[v.depth - low].push(i));
    const rank = new Float64Array(n);
    const place = (depth, toward) => {
      const column = columns[depth - low];
      if (toward) {
        const mean = new Map();
        for (const i of column) {
          let sum = 0, count = 0;
          for (const k of this.edgesOf(i)) {
            const e = this.edges[k], other = e.from === i ? e.to : e.from;
            if (this.nodes[other].depth === depth + toward) { sum += rank[other]; count++; }
          }
          mean.set(i, count ? sum / count : Infinity);
        }
        column.sort((a, b) => (mean.get(a) - mean.get(b)) || a - b);
      }
      column.forEach((i, k) => { rank[i] = (k + .5) / column.length; });
    };
    place(0, 0);
    for (let d = -1; d >= low; d--) place(d, 1);
    for (let d = 1; d <= high; d++) place(d, -1);
    // Blocks stand beside one another; the start's column at 0.
    const wide = columns.map(c => c.length <= TALL ? 1 : Math.ceil(Math.sqrt(c.length / TALL) * 2));
    const left = new Array(columns.length);
    left[-low] = 0;
    const span = k => (wide[k] - 1) * (WIDTH + 40) + ACROSS;
    for (let k = -low + 1; k < columns.length; k++) left[k] = left[k - 1] + span(k - 1);
    for (let k = -low - 1; k >= 0; k--) left[k] = left[k + 1] - span(k);
    columns.forEach((column, k) => {
      const rows = Math.ceil(column.length / wide[k]);
      column.forEach((i, j) => {
        this.x[i] = left[k] + Math.floor(j / rows) * (WIDTH + 40);
        this.y[i] = (j % rows - (Math.min(rows, column.length) - 1) / 2) * DOWN;
      });
    });
    this.#grid();
  }

  // #grid sorts the nodes into squares, by counting.
  #grid() {
    const n = this.nodes.length;
    const b = this.bounds = {left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity};
    for (let i = 0; i < n; i++) {
      b.left = Math.min(b.left, this.x[i]); b.right = Math.max(b.right, this.x[i] + WIDTH);
      b.top = Math.min(b.top, this.y[i]); b.bottom = Math.max(b.bottom, this.y[i] + HEIGHT);
    }
    if (!n) Object.assign(b, {left: 0, top: 0, right: 0, bottom: 0});
    this.cols = Math.floor((b.right - b.left) / CELL) + 1;
    this.rows = Math.floor((b.bottom - b.top) / CELL) + 1;
    const cell = new Uint32Array(n), row = new Uint32Array(this.cols * this.rows + 1);
    for (let i = 0; i < n; i++) {
      cell[i] = Math.floor((this.y[i] - b.top) / CELL) * this.cols + Math.floor((this.x[i] - b.left) / CELL);
      row[cell[i] + 1]++;
    }
    for (let i = 0; i + 1 < row.length; i++) row[i + 1] += row[i];
    const next = row.slice(0, -1), list = new Uint32Array(n);
    for (let i = 0; i < n; i++) list[next[cell[i]]++] = i;
    this.cells = row; this.inCells = list;
  }

  // within visits the nodes that a rectangle shows.
  within(left, top, right, bottom, visit) {
    const b = this.bounds, clamp = (v, most) => Math.max(0, Math.min(most, Math.floor(v / CELL)));
    const c0 = clamp(left - WIDTH - b.left, this.cols - 1), c1 = clamp(right - b.left, this.cols - 1);
    const r0 = clamp(top - HEIGHT - b.top, this.rows - 1), r1 = clamp(bottom - b.top, this.rows - 1);
    for (let r = r0; r <= r1; r++)
      for (let c = c0; c <= c1; c++)
        for (let k = this.cells[r * this.cols + c]; k < this.cells[r * this.cols + c + 1]; k++) {
          const i = this.inCells[k], x = this.x[i], y = this.y[i];
          if (x + WIDTH >= left && x <= right && y + HEIGHT >= top && y <= bottom) visit(i);
        }
  }

  // hit is the node at a point, or -1.
  hit(x, y) {
    let found = -1;
    this.within(x, y, x, y, i => { found = i; });
    return found;
  }
}
