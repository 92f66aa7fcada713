// Live curves of training runs. Python says which runs and what to show; how they are the browser asks by itself,
// so that whoever watches costs the server a small answer and no rerun.
import { drawChart, nearest } from "./chart.js"
import { button, element, mounted, say } from "./dom.js"
import { legend, saved, valueOf } from "./legend.js"
import { styles } from "./marks.js"
import { dress } from "./points.js"
import { downloadPng, downloadSvg, svgElement, writeStyles } from "./save.js"
import { duration } from "./scales.js"

const TICK_MS = 600 // between two questions while something is trained
const SLOW_MS = 5000 // while nobody looks, or nothing is trained
const RETRY_MS = 2000
const STYLES = ["fill", "fill-opacity", "stroke", "stroke-width", "stroke-opacity", "stroke-dasharray", "font-family", "font-size", "font-weight", "text-anchor", "paint-order"]
const LEGEND_LINE = 22 // px, in files
const instances = new WeakMap() // shadow root -> instance; survives reruns
let count = 0

export function drawCurves({ parentElement: root, data, setTriggerValue }) {
  const it = instances.get(root) ?? made(root)
  const asked = JSON.stringify([data.ids, data.view.measures, data.smooth])
  const another = it.asked !== asked
  const others = JSON.stringify(it.data?.ids) !== JSON.stringify(data.ids)
  Object.assign(it, { data, emit: setTriggerValue, stopped: false, asked })
  it.frame.classList.toggle("large", data.large)
  if (others) {
    it.hidden = new Set(data.hidden)
    it.moment = null
  }
  if (another) {
    it.had = new Map()
    it.told = false
    it.turn++
    if (others) Object.assign(it, { curves: new Map(), runs: [] })
    ask(it, it.turn)
  }
  name(it)
  meet(it)
  render(it)
}

// Who looks: a number that this browser has drawn for itself, so that a visitor who comes back may cancel.
function meet(it) {
  let visitor = ""
  try {
    visitor = localStorage.getItem("cnnviz-visitor") ?? ""
    if (!visitor) localStorage.setItem("cnnviz-visitor", (visitor = it.data.visitor))
  } catch { /* a frame without storage: a visitor for as long as the page is open */ }
  if (visitor && visitor !== it.data.visitor && it.met !== visitor) say(it.emit, "met", (it.met = visitor))
}

export function forgetCurves(root) {
  const it = instances.get(root)
  if (!it) return
  it.stopped = true
  clearTimeout(it.timer)
  it.size.disconnect()
  document.removeEventListener("visibilitychange", it.seen)
  instances.delete(root)
}

function made(root) {
  const it = { turn: 0, hidden: new Set(), curves: new Map(), runs: [], had: new Map(), shown: [], failed: 0, clip: `curves-${++count}` }
  it.bar = element("progress", { max: 1, value: 0, "aria-label": "Trained so far" })
  it.words = element("p", { class: "words", role: "status" })
  it.cancel = button("Cancel", "Cancel these runs", () => cancel(it))
  it.chart = element("div", { class: "chart" })
  it.tip = element("div", { class: "tip", hidden: "" })
  it.slider = element("input", { type: "range", "aria-label": "Moment of training", min: 0, step: 1 })
  it.when = element("output")
  it.moments = element("label", { class: "moments", hidden: "" }, "Moment ", it.slider, it.when)
  it.legend = element("div", { class: "legend" })
  it.notes = element("ul", { class: "notes" })
  it.files = element("p", { class: "files" })
  it.files.append("Save: ", ...[["SVG", downloadSvg], ["PNG", downloadPng]].map(([kind, save]) =>
    button(kind, `The picture as ${kind}`, () => save(standalone(it), it.data.name))))
  it.links = element("span")
  it.files.append(it.links)
  const picture = element("div", { class: "picture" }, it.chart, it.tip)
  const status = element("div", { class: "status" }, it.bar, it.words, it.cancel)
  it.both = element("div", { class: "both" }, picture, it.legend)
  it.frame = mounted(root, "curves.css", status, it.both, it.moments, it.notes, it.files)
  it.picture = picture
  it.slider.oninput = () => {
    const steps = moments(it)
    it.moment = steps[it.slider.value]
    render(it)
  }
  it.frame.addEventListener("keydown", event => event.stopPropagation()) // the page has shortcuts of its own
  it.chart.addEventListener("pointermove", event => point(it, event.clientX - it.chart.getBoundingClientRect().left))
  it.chart.addEventListener("pointerleave", () => point(it, null))
  it.chart.addEventListener("keydown", event => walk(it, event))
  it.chart.addEventListener("focusout", () => point(it, null))
  it.size = new ResizeObserver(() => render(it))
  it.size.observe(picture)
  it.seen = () => { if (!document.hidden) ask(it, it.turn) }
  document.addEventListener("visibilitychange", it.seen)
  instances.set(root, it)
  return it
}

// ---- what the server knows

async function ask(it, turn) {
  clearTimeout(it.timer)
  if (it.stopped || turn !== it.turn) return
  const { ids, view, smooth, address } = it.data
  if (!ids.length) return
  const query = new URLSearchParams({ ids: ids.join(), show: view.measures.join(), smooth })
  if (it.had.size) query.set("had", ids.map(id => it.had.get(id) ?? 0).join())
  let wait = RETRY_MS
  try {
    const answer = await fetch(new URL(`${address}?${query}`, document.baseURI), { cache: "no-store" })
    const told = await answer.json()
    if (it.stopped || turn !== it.turn) return
    if (!answer.ok) throw new Error(told.error)
    it.failed = 0
    it.told = true
    take(it, told)
    wait = it.runs.some(live) && !document.hidden ? TICK_MS : SLOW_MS
  } catch (error) {
    if (it.stopped || turn !== it.turn) return
    it.failed++
    it.problem = error instanceof TypeError ? "The server does not answer" : error.message
  }
  render(it)
  clearTimeout(it.timer)
  it.timer = setTimeout(() => ask(it, turn), wait)
}

const live = run => run.status === "queued" || run.status === "running"

function take(it, told) {
  const curves = new Map()
  const fresh = it.had.size === 0
  for (const { key, label, since, count, measures, diverged } of told.curves) {
    const before = fresh ? {} : it.curves.get(key)?.measures ?? {}
    const merged = {}
    for (const [name, rows] of Object.entries(measures)) merged[name] = [...(before[name] ?? []).filter(row => row[0] < since), ...rows]
    curves.set(key, { key, own: label, count, measures: merged, diverged })
  }
  it.curves = curves
  name(it)
  it.runs = told.runs
  it.had = new Map(told.runs.map(run => [run.id, run.records]))
}

// A curve bears the name that it has in what is asked for: a run may have been trained under another one.
function name(it) {
  const all = [...it.curves.values()]
  for (const curve of all) curve.label = it.data.labels[curve.key] ?? curve.own
  styles(all.map(curve => curve.label)).forEach((style, i) => (all[i].style = style))
}

function cancel(it) {
  it.cancel.disabled = true
  say(it.emit, "cancelled", it.runs.filter(run => live(run) && it.data.mine.includes(run.id)).map(run => run.id))
  setTimeout(() => ask(it, it.turn), 300)
}

// ---- what is drawn

function render(it) {
  const { data } = it
  if (!data || !it.frame.isConnected) return
  it.shown = [...it.curves.values()].filter(curve => !it.hidden.has(curve.key))
  dress(it)
  status(it)
  legend(it, render)
  const width = Math.floor(it.picture.clientWidth)
  if (!width) return
  const drawn = drawChart(it, width, Math.round(Math.min(data.large ? 560 : 440, Math.max(300, width * 0.62), Math.max(330, innerHeight - 340))))
  drawn.setAttribute("aria-label", `${data.view.title}. ${words(it)}`)
  notes(it)
  const focused = it.chart.contains(it.chart.getRootNode().activeElement)
  it.chart.replaceChildren(drawn)
  if (focused) drawn.focus({ preventScroll: true })
  const steps = moments(it)
  it.moments.hidden = steps.length < 2
  if (steps.length) {
    it.slider.max = steps.length - 1
    it.slider.value = Math.max(0, steps.indexOf(it.moment))
    it.when.textContent = `in step ${it.moment ?? steps[0]}`
  }
  point(it, it.across)
}

function moments(it) {
  if (it.data.view.kind !== "layers") return []
  const [measure] = it.data.view.measures
  return [...new Set(it.shown.flatMap(curve => (curve.measures[measure] ?? []).map(row => row[0])))].sort((a, b) => a - b)
}

function status(it) {
  const { runs } = it
  const going = runs.filter(live)
  const done = runs.reduce((sum, run) => sum + (live(run) ? Math.min(1, run.epoch / run.epochs) : 1), 0)
  it.bar.value = runs.length ? done / runs.length : 0
  it.bar.hidden = !going.length
  it.cancel.hidden = !going.some(run => it.data.mine.includes(run.id))
  if (!going.length) it.cancel.disabled = false
  const said = it.failed > 1 ? `${it.problem}; trying again …` : progress(it, going)
  if (it.words.textContent !== said) it.words.textContent = said
}

function progress(it, going) {
  const { runs, data } = it
  if (!data.ids.length) return data.empty
  if (!runs.length) return it.told ? `There ${data.ids.length > 1 ? "are no such runs" : "is no such run"} any more.` : "Asking how the runs are …"
  if (!going.length) {
    if (runs.length === 1 && runs[0].status === "done") return `Trained in ${duration(runs[0].took ?? 0)}`
    return ended(runs)
  }
  const training = going.filter(run => run.status === "running")
  const parts = []
  if (runs.length > 1) parts.push(`${runs.length - going.length} of ${runs.length} runs trained`)
  for (const run of training.slice(0, 3)) {
    const name = runs.length > 1 ? `${it.curves.get(run.curve)?.label ?? `run ${run.id}`}: ` : ""
    parts.push(`${name}epoch ${Math.min(run.epochs, Math.floor(run.epoch) + 1)} of ${run.epochs}`)
  }
  const left = remaining(it, going)
  if (left !== null) parts.push(`${left < 1 ? "" : "about "}${duration(left)} left`)
  const places = going.map(run => run.place).filter(place => place !== null)
  const first = places.length ? Math.min(...places) : null
  if (!training.length && first !== null) parts.push(first ? `waiting: ${first} run${first > 1 ? "s" : ""} of others come first` : "next in the queue")
  else if (places.length) parts.push(`${places.length} waiting`)
  return parts.join(" · ")
}

// "14 runs trained, 1 diverged".
function ended(runs) {
  const counted = ["done", "diverged", "interrupted", "cancelled", "failed"].map(status => [status, runs.filter(run => run.status === status).length])
  const some = counted.filter(([, count]) => count)
  return some.map(([status, count], i) => `${count}${i ? "" : ` run${count === 1 ? "" : "s"}`} ${status === "done" ? "trained" : status}`).join(", ")
}

// What is left of those that are trained, and for each that waits as much as others took, or as the server thinks;
// after what of others comes first. null where nobody knows.
function remaining(it, going) {
  const mean = values => (values.length ? values.reduce((a, b) => a + b) / values.length : null)
  const usual = mean(it.runs.map(run => run.took).filter(Boolean)) ?? it.data.expected
  const thought = mean(it.runs.map(run => run.estimate).filter(Boolean))
  const pace = usual !== null && thought !== null ? usual / thought : 1 // of this machine, against what the server thinks
  const each = going.map(run => run.left ?? usual ?? run.estimate)
  if (each.some(left => left === null)) return null
  const behind = going.map((run, i) => (run.wait === null ? 0 : pace * run.wait + each[i]))
  return Math.max(each.reduce((a, b) => a + b, 0) / it.data.slots, ...behind)
}

const words = it => [...it.curves.values()].map(curve => `${curve.label}: ${valueOf(it, curve) || "nothing yet"}`).join("; ")

function notes(it) {
  const lines = []
  const seeds = Math.max(0, ...[...it.curves.values()].flatMap(curve => Object.values(curve.measures).flatMap(rows => rows.map(row => (row.length > 5 ? row[5] : 1)))))
  if (seeds > 1 && it.data.view.kind === "curves") lines.push(`Thick lines are means over ${seeds} seeds${it.banded ? ", bands their standard deviation" : ""}${it.apart ? `; ${it.banded ? "where seeds are far apart, " : ""}each seed is a thin line` : ""}.`)
  if (seeds > 1 && it.data.view.kind === "points") lines.push(`Each mark is a mean over ${seeds} seeds, and each small dot is one of them.`)
  lines.push(...it.beyond)
  if (it.data.smooth > 0 && it.data.view.kind === "curves") lines.push("Thick lines are smoothed; thin ones and points are what was measured.")
  if (it.data.view.kind === "layers" && it.shown.some(curve => (curve.measures[it.data.view.measures[0]] ?? []).some(row => row[2].includes(null)))) lines.push("Where a line stops, the norm is 0 in 32 bits or no number.")
  if (it.data.view.kind === "layers" && it.had.size && !moments(it).length && it.runs.some(run => !live(run))) lines.push("These runs noted no sizes of gradients and activations: train with the option norms.")
  for (const curve of it.curves.values()) for (const end of curve.diverged.slice(0, 1)) lines.push(`✕ ${curve.label}: ${end.message}${curve.diverged.length > 1 ? `, and ${curve.diverged.length - 1} more` : ""}.`)
  const gone = it.told && it.runs.length ? it.data.ids.filter(id => !it.runs.some(run => run.id === id)) : []
  if (gone.length) lines.push(`There ${gone.length > 1 ? "are no runs" : "is no run"} ${gone.slice(0, 5).join(", ")}${gone.length > 5 ? ` and ${gone.length - 5} more` : ""} any more.`)
  for (const run of it.runs) if (["failed", "interrupted", "cancelled"].includes(run.status)) lines.push(`Run ${run.id} (${it.curves.get(run.curve)?.label}): ${run.status}, ${run.message}.`)
  const query = it.data.ids.join()
  const said = JSON.stringify([lines, query])
  if (it.notesSaid === said) return
  it.notesSaid = said
  const more = lines.length > 8 ? [`and ${lines.length - 7} more`] : []
  it.notes.replaceChildren(...[...lines.slice(0, more.length ? 7 : 8), ...more].map(line => element("li", {}, line)))
  const file = (name, label, about) => element("a", { href: new URL(`${it.data.address}/${name}?ids=${query}`, document.baseURI).href, download: `${it.data.name}-${name}`, title: about }, label)
  it.links.replaceChildren(file("curves.csv", "Curves as CSV", "Means and spreads"), file("records.csv", "Records as CSV", "Every record of every run"), file("runs.json", "JSON", "Runs with settings, versions and records"))
  it.files.hidden = !query
}

// ---- pointing

function point(it, across) {
  it.across = across
  it.chart.querySelector(".cross")?.remove()
  const near = across === null || across === undefined || !it.plot ? null : nearest(it, across)
  it.tip.hidden = !near || !near.values.length
  if (it.tip.hidden) return
  const { box } = it.plot
  it.chart.querySelector("svg").append(svgElement("line", { class: "cross", x1: near.at, x2: near.at, y1: box.top, y2: box.bottom }))
  it.tip.replaceChildren(element("strong", {}, near.title), ...near.values.map(({ curve, name, text }) => {
    const swatch = element("i", { style: `background:${curve.style.colour}` })
    return element("p", {}, swatch, element("span", {}, name), element("b", {}, text))
  }))
  const right = near.at > it.picture.clientWidth / 2
  it.tip.style.left = right ? "" : `${near.at + 14}px`
  it.tip.style.right = right ? `${it.picture.clientWidth - near.at + 14}px` : ""
}

function walk(it, event) {
  const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key]
  if (!by || !it.plot) return
  event.preventDefault()
  const { box } = it.plot
  let across = it.across ?? (by > 0 ? box.left : box.right)
  const before = nearest(it, across)?.at
  while (across >= box.left && across <= box.right) {
    across += 4 * by
    if (nearest(it, across)?.at !== before) break
  }
  point(it, Math.max(box.left, Math.min(box.right, nearest(it, across)?.at ?? across)))
}

// The picture with its legend and title, on the page's background.
function standalone(it) {
  const drawn = it.chart.querySelector("svg")
  const copy = drawn.cloneNode(true)
  writeStyles(drawn, copy, "path, line, circle, rect, polygon, text", STYLES)
  for (const part of copy.querySelectorAll("[style]")) part.removeAttribute("style")
  copy.querySelector(".cross")?.remove()
  const { width, height } = drawn.viewBox.baseVal
  const style = getComputedStyle(it.frame)
  const background = getComputedStyle(document.querySelector(".stApp") ?? document.body).backgroundColor
  const rows = saved(it)
  const tall = height + LEGEND_LINE * (rows.length + 1)
  for (const name of ["tabindex", "aria-label"]) copy.removeAttribute(name)
  copy.setAttribute("height", tall)
  copy.setAttribute("viewBox", `0 0 ${width} ${tall}`)
  copy.setAttribute("font-family", style.fontFamily)
  copy.prepend(svgElement("rect", { x: 0, y: 0, width, height: tall, fill: background }))
  rows.forEach(({ style: { colour, dash }, text }, i) => {
    const y = height + LEGEND_LINE * (i + 0.8)
    const stroke = style.getPropertyValue(colour.slice(4, -1)).trim() // a file has no custom properties
    copy.append(svgElement("line", { x1: 16, x2: 56, y1: y, y2: y, stroke, "stroke-width": 3, "stroke-dasharray": dash }))
    copy.append(svgElement("text", { x: 66, y: y + 5, fill: style.color, "font-size": 14 }, text))
  })
  return { text: new XMLSerializer().serializeToString(copy), width, height: tall }
}
