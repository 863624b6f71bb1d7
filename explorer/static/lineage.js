// The lineage page: asks the gateway with the reader's session, shows the graph, and
// lets it be zoomed, followed and unfolded by mouse, finger or keys. Who has signed in
// is known by a cookie that no script reads; otherwise the session's token stays in
// this page's memory.

import {Graph, keyOf} from "./lineage-graph.js";
import {View, strokeOf} from "./lineage-draw.js";

const chinese = document.documentElement.lang.startsWith("zh");
const tr = (zh, en) => chinese ? zh : en;
const TYPES = {Resource: ["数据资源", "Resource"], Product: ["数据产品", "Product"], Copy: ["副本", "Copy"], Model: ["模型", "Model"], Result: ["加工结果", "Result"], Listing: ["挂牌", "Listing"], Permit: ["使用许可", "Permit"]};
const PERMISSION = {allowed: ["当时有许可", "permitted then"], denied: ["当时无许可", "not permitted then"], none: ["未记录许可", "no permission recorded"], same: ["内容相同", "same content"]};
const MARK = {allowed: "✓", denied: "✕", none: "…", same: "="};
const COLLECTIONS = {DR: "resources", DP: "products", CP: "copies", LS: "listings", UP: "permits", LN: "lineage", RT: "rights", DL: "deliveries", TR: "trades", GR: "grants"};
const say = pair => pair ? tr(...pair) : "";
const words = {
  type: t => say(TYPES[t]) || t,
  brief: n => n.id ? n.id.slice(0, 2) + "…" + n.id.slice(-15) : "#" + (n.contentRoot || "").replace(/^.*:/, "").slice(0, 16),
  short: n => { const s = n.id || (n.contentRoot || "").replace(/^(sm3|sha256):/, "#"); return s.length > 26 ? s.slice(0, 15) + "…" + s.slice(-8) : s; },
};
const $ = id => document.getElementById(id);
const canvas = $("graph"), form = $("ask"), status = $("status"), panel = $("details"), body = $("rows");
const ROWS = 100, signedIn = !$("token");

let graph = new Graph(), view = null, page = 0, asking = null;

function element(name, content, attributes = {}) {
  const e = document.createElement(name);
  for (const [k, v] of Object.entries(attributes)) e.setAttribute(k, v);
  e.append(...[content].flat().filter(c => c !== undefined && c !== null && c !== ""));
  return e;
}

function tell(text, bad = false) { status.textContent = text; status.classList.toggle("bad", bad); }

// ask reads from the API; a refusal is shown in its own words.
async function ask(path) {
  asking?.abort();
  asking = new AbortController();
  const headers = {Accept: "application/json", "Accept-Language": chinese ? "zh" : "en"};
  const token = $("token")?.value.trim();
  if (token) headers.Authorization = "Bearer " + token;
  let answer;
  try {
    answer = await fetch(signedIn ? "/lineage" + path : path, {headers, signal: asking.signal, cache: "no-store", credentials: signedIn ? "same-origin" : "omit"});
  } catch (why) {
    if (why.name === "AbortError") return null;
    throw new Error(tr("无法连接网关", "The gateway cannot be reached"));
  }
  const data = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(`${data.code || answer.status}: ${(chinese ? data.detailZh : data.detailEn) || answer.statusText}`);
  return data;
}

const target = n => n.id ? {object: n.id, ...(n.version ? {version: n.version} : {})} : {object: n.contentRoot};
const leaf = n => n.type === "Listing" || n.type === "Permit";

// load shows the graph around an object.
async function load(fields, keep = true) {
  const query = new URLSearchParams(Object.entries(fields).filter(([, v]) => v));
  tell(tr("正在读取…", "Reading…"));
  try {
    const answer = await ask("/v1/trace/graph?" + query);
    if (!answer) return;
    graph = new Graph();
    graph.add(answer);
    graph.truncated = answer.truncated;
    $("result").hidden = false;
    if (view) view.graph = graph; else { view = new View(canvas, graph, words); }
    view.selected = -1;
    view.resize();
    view.fit();
    if (view.scale < .6) { view.scale = .6; view.centre(0, false); } // so that what it begins with can be read
    if (keep) {
      const shown = new URLSearchParams(location.search);
      for (const k of ["object", "version", "direction", "depth", "limit"]) fields[k] ? shown.set(k, fields[k]) : shown.delete(k);
      history.pushState(null, "", "?" + shown);
    }
    select(0, false);
    report();
  } catch (why) { tell(why.message, true); }
}

function report() {
  const denied = graph.edges.filter(e => strokeOf(e) === "denied").length, number = n => n.toLocaleString(chinese ? "zh-CN" : "en");
  tell(tr(`${number(graph.nodes.length)} 个节点，${number(graph.edges.length)} 条边，其中 ${number(denied)} 条当时无许可`, `${number(graph.nodes.length)} nodes, ${number(graph.edges.length)} edges, ${number(denied)} of them not permitted then`)
    + (graph.truncated ? tr("；图外还有，可展开或加大范围", "; there is more: unfold a node or ask for more") : ""));
  canvas.dataset.nodes = graph.nodes.length;
  canvas.dataset.edges = graph.edges.length;
  canvas.setAttribute("aria-label", tr("血缘图，", "Lineage graph, ") + status.textContent);
  table();
}

// expand asks for the neighbours of a node that are not shown.
async function expand(i) {
  const n = graph.nodes[i];
  if (leaf(n)) return;
  tell(tr("正在展开…", "Unfolding…"));
  try {
    const answer = await ask("/v1/trace/graph?" + new URLSearchParams({...target(n), direction: "both", depth: 1, limit: Math.min(100000, graph.edgesOf(i).length + 301)}));
    if (!answer) return;
    const before = {x: graph.x[i], y: graph.y[i]};
    graph.add(answer, n.depth);
    view.left += graph.x[i] - before.x; view.top += graph.y[i] - before.y;
    graph.truncated = graph.nodes.some((_, k) => { const more = graph.beyond(k); return more.back || more.forward; });
    select(i, false);
    report();
  } catch (why) { tell(why.message, true); }
}

function follow(i) {
  const n = graph.nodes[i];
  if (leaf(n)) return;
  const fields = {...target(n), direction: form.direction.value, depth: form.depth.value, limit: form.limit.value};
  form.object.value = fields.object;
  form.version.value = fields.version || "";
  load(fields);
}

function select(i, glide = true) {
  view.selected = i;
  canvas.dataset.selected = keyOf(graph.nodes[i]);
  if (glide) view.centre(i); else view.draw();
  details(i);
  for (const row of body.children) row.toggleAttribute("data-on", Number(row.dataset.i) === i);
}

const recordLink = id => {
  if (!id) return "";
  const kind = id.slice(0, 2), path = {DR: "/resources/", RT: "/rights/"}[kind];
  if (path) return element("a", id, {href: path + encodeURIComponent(id)});
  if (!COLLECTIONS[kind] || id[2] !== "-") return element("code", id);
  const button = element("button", id, {type: "button", class: "plain-button", title: tr("读取此记录", "Read this record")});
  button.addEventListener("click", () => record(COLLECTIONS[kind], id));
  return button;
};
const party = id => id ? element("a", id, {href: "/participants/" + encodeURIComponent(id)}) : "";
const block = n => n ? element("a", String(n), {href: "/blocks/" + n}) : "";

async function record(collection, id) {
  try {
    const data = await ask(`/v1/${collection}/${encodeURIComponent(id)}`);
    if (!data) return;
    $("record").replaceChildren(element("h3", id), element("pre", JSON.stringify(data, null, 2), {tabindex: "0"}));
    $("record").scrollIntoView({block: "nearest"});
  } catch (why) { tell(why.message, true); }
}

function details(i) {
  const n = graph.nodes[i], list = element("dl", [], {class: "facts narrow"});
  const fact = (name, value) => { if (value) list.append(element("div", [element("dt", name), element("dd", value)])); };
  fact(tr("标识", "Id"), recordLink(n.id));
  fact(tr("状态", "State"), n.state);
  fact(tr("主体", "Party"), party(n.partyId));
  fact(tr("内容根", "Content root"), n.contentRoot && element("code", n.contentRoot, {class: "hash"}));
  fact(tr("区块", "Block"), block(n.block));
  const actions = element("p", [], {class: "actions"});
  if (!leaf(n)) {
    const more = graph.beyond(i), f = element("button", tr("以此为中心", "Follow"), {type: "button", id: "follow"}), x = element("button", tr("展开邻接", "Unfold") + (more.back + more.forward ? ` +${more.back + more.forward}` : ""), {type: "button", id: "expand"});
    f.addEventListener("click", () => follow(i)); x.addEventListener("click", () => expand(i));
    actions.append(f, x);
  }
  const edges = element("ul", [], {class: "plain edges"}), own = graph.edgesOf(i);
  for (const k of own.subarray(0, 50)) {
    const e = graph.edges[k], kind = strokeOf(e), other = e.from === i ? e.to : e.from;
    const go = element("button", words.type(graph.nodes[other].type) + " " + words.short(graph.nodes[other]), {type: "button", class: "plain-button"});
    go.addEventListener("click", () => select(other));
    edges.append(element("li", [element("span", `${e.from === i ? tr("→ 去向", "→ to") : tr("← 来自", "← from")} `, {class: "soft"}), go,
      element("span", [`${MARK[kind]} ${say(PERMISSION[kind])}`], {class: "permission " + kind}),
      e.op && element("span", [e.op], {class: "soft"}), e.id && recordLink(e.id), e.ref && element("span", [tr("依据 ", "under "), recordLink(e.ref)]),
      (e.reason || e.reasonZh) && element("span", chinese ? e.reasonZh : e.reason, {class: "why"})]));
  }
  panel.replaceChildren(element("div", [element("h2", words.type(n.type) + (n.version ? ` v${n.version}` : "")), list, actions]),
    element("div", [element("h3", tr("相邻", "Neighbours") + ` (${own.length.toLocaleString()})`), edges]), element("div", [], {id: "record"}));
}

// table is the graph in words, a part at a time.
function table() {
  const pages = Math.max(1, Math.ceil(graph.nodes.length / ROWS));
  page = Math.min(page, pages - 1);
  body.replaceChildren(...graph.nodes.slice(page * ROWS, (page + 1) * ROWS).map((n, k) => {
    const i = page * ROWS + k, go = element("button", n.id || words.short(n), {type: "button", class: "plain-button"});
    go.addEventListener("click", () => { select(i); canvas.scrollIntoView({block: "nearest"}); });
    const counts = {};
    for (const j of graph.edgesOf(i)) { const s = strokeOf(graph.edges[j]); counts[s] = (counts[s] || 0) + 1; }
    const row = element("tr", [element("td", go, {class: "lead", "data-label": tr("标识", "Id")}), element("td", words.type(n.type) + (n.version ? ` v${n.version}` : ""), {"data-label": tr("类别", "Type")}),
      element("td", String(n.depth), {"data-label": tr("层", "Level"), class: "n"}), element("td", n.state || "—", {"data-label": tr("状态", "State")}),
      element("td", Object.entries(counts).map(([s, c]) => element("span", `${MARK[s]} ${say(PERMISSION[s])} ${c}`, {class: "permission " + s})), {"data-label": tr("边", "Edges")})]);
    row.dataset.i = i;
    if (i === view.selected) row.toggleAttribute("data-on", true);
    return row;
  }));
  $("where").textContent = tr(`第 ${page + 1} / ${pages} 页`, `page ${page + 1} of ${pages}`);
  $("before").disabled = page === 0;
  $("after").disabled = page + 1 >= pages;
}

// The canvas, by pointer.
const pointers = new Map();
let moved = 0, pinch = 0;
const local = e => { const b = canvas.getBoundingClientRect(); return {x: e.clientX - b.left, y: e.clientY - b.top}; };
canvas.addEventListener("pointerdown", e => { canvas.setPointerCapture(e.pointerId); pointers.set(e.pointerId, local(e)); moved = 0; pinch = 0; });
canvas.addEventListener("pointermove", e => {
  const was = pointers.get(e.pointerId), now = local(e);
  if (!was) { canvas.classList.toggle("over", view && graph.hit(...Object.values(view.toGraph(now.x, now.y))) >= 0); return; }
  pointers.set(e.pointerId, now);
  if (pointers.size === 1) { moved += Math.abs(now.x - was.x) + Math.abs(now.y - was.y); if (moved > 4) view.pan(now.x - was.x, now.y - was.y); return; }
  const [a, b] = [...pointers.values()], apart = Math.hypot(a.x - b.x, a.y - b.y);
  moved = 99;
  if (pinch) view.zoom(apart / pinch, (a.x + b.x) / 2, (a.y + b.y) / 2);
  pinch = apart;
});
for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, e => {
  const was = pointers.get(e.pointerId);
  pointers.delete(e.pointerId); pinch = 0;
  if (!was || !view || end === "pointercancel" || moved > 4) return;
  const at = view.toGraph(was.x, was.y), i = graph.hit(at.x, at.y);
  if (i >= 0) select(i);
});
canvas.addEventListener("dblclick", e => { const p = local(e), at = view.toGraph(p.x, p.y), i = graph.hit(at.x, at.y); if (i >= 0) follow(i); });
canvas.addEventListener("wheel", e => { e.preventDefault(); const p = local(e); view?.zoom(Math.exp(-e.deltaY * (e.deltaMode ? .05 : .0015)), p.x, p.y); }, {passive: false});

// By keys: the arrows go to the nearest node that way.
canvas.addEventListener("keydown", e => {
  if (!view || e.ctrlKey || e.metaKey || e.altKey) return;
  const i = Math.max(0, view.selected), way = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]}[e.key];
  if (way && e.shiftKey) view.pan(-way[0] * 60, -way[1] * 60);
  else if (way) { const j = nearest(i, ...way); if (j >= 0) select(j); }
  else if (e.key === "+" || e.key === "=") view.zoom(1.25);
  else if (e.key === "-") view.zoom(.8);
  else if (e.key === "0") view.fit();
  else if (e.key === "Enter") follow(i);
  else if (e.key === "e" || e.key === "E") expand(i);
  else return;
  e.preventDefault();
});

function nearest(i, dx, dy) {
  let best = -1, least = Infinity;
  const x = graph.x[i], y = graph.y[i];
  for (const reach of [500, 2000, 8000]) {
    graph.within(x - reach, y - reach, x + reach, y + reach, j => {
      const ax = graph.x[j] - x, ay = graph.y[j] - y, along = ax * dx + ay * dy, off = Math.abs(ax * dy) + Math.abs(ay * dx);
      if (j !== i && along > 1 && along + 2 * off < least) { least = along + 2 * off; best = j; }
    });
    if (best >= 0) break;
  }
  return best;
}

for (const [id, act] of Object.entries({nearer: () => view.zoom(1.3), farther: () => view.zoom(1 / 1.3), whole: () => view.fit(), home: () => select(0)})) $(id).addEventListener("click", act);
$("before").addEventListener("click", () => { page--; table(); });
$("after").addEventListener("click", () => { page++; table(); });

form.addEventListener("submit", e => {
  e.preventDefault();
  load(Object.fromEntries(["object", "version", "direction", "depth", "limit"].map(k => [k, form[k].value.trim()])));
});

// fill sets the form from the address, and asks when there is a session already.
function fill() {
  const q = new URLSearchParams(location.search);
  for (const k of ["object", "version", "direction", "depth", "limit"]) if (q.get(k)) form[k].value = q.get(k);
  if (q.get("object") && (signedIn || $("token").value)) load(Object.fromEntries(["object", "version", "direction", "depth", "limit"].map(k => [k, form[k].value.trim()])), false);
}
addEventListener("popstate", fill);
fill();
form.dataset.ready = "";
