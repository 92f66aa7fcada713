// The block graph in the browser: asks the worker for a layout of the DOT text, shows the SVG, and lets a
// person zoom and pan. Node ids arrive as `node:<layer index>` and `block:<module path>`.
import { layout } from "./layout.js"

const LEGIBLE = 0.7 // below this scale the text of a node cannot be read
const LARGEST = 1.35 // a small graph is not blown up beyond this
const MARGIN = 10 // px around a fitted graph
const instances = new WeakMap() // shadow root -> instance; survives reruns

export function draw({ parentElement, data }) {
  let it = instances.get(parentElement)
  if (!it) instances.set(parentElement, (it = mount(parentElement)))
  it.label = data.label
  it.stage.style.height = `${data.height}px`
  if (it.dot !== data.dot) request(it, data.dot, data.limit)
  it.selected = data.selected
  mark(it)
}

export function forget(parentElement) {
  instances.get(parentElement)?.observer.disconnect()
  instances.delete(parentElement)
}

function mount(root) {
  const style = element("link", { rel: "stylesheet", href: new URL("graph.css", import.meta.url).href })
  const frame = element("div", { class: "frame", hidden: "" })
  const stage = element("div", { class: "stage", tabindex: "0", role: "group" })
  const note = element("p", { class: "note", role: "status" })
  const bar = element("div", { class: "bar" })
  const it = { stage, note, dot: null, drawings: {}, way: null, svg: null, box: null, view: null, selected: null }
  bar.append(
    button("+", "Zoom in", () => zoom(it, 1.3)),
    button("−", "Zoom out", () => zoom(it, 1 / 1.3)),
    button("Fit", "Fit the whole graph", () => fit(it)),
  )
  frame.append(stage, note, bar)
  style.onload = style.onerror = () => (frame.hidden = false) // no flash of an unstyled graph
  root.append(style, frame)
  it.observer = new ResizeObserver(() => settle(it))
  it.observer.observe(stage)
  listen(it)
  return it
}

async function request(it, dot, seconds) {
  it.dot = dot
  it.stage.setAttribute("aria-busy", "true")
  if (!it.svg) it.note.textContent = "Drawing the graph …"
  try {
    const drawings = await layout(dot, seconds, () => it.dot === dot)
    if (it.dot !== dot) return // a newer one is under way
    it.drawings = drawings
    it.way = null
    it.note.textContent = ""
    settle(it)
  } catch (error) {
    if (it.dot !== dot) return
    it.stage.replaceChildren()
    it.svg = null
    it.note.textContent = error.message
  } finally {
    if (it.dot === dot) it.stage.removeAttribute("aria-busy")
  }
}

// Shows the drawing, left to right or top to bottom, that is larger in the room there is.
function settle(it) {
  const { clientWidth: width, clientHeight: height } = it.stage
  const ways = Object.keys(it.drawings)
  if (!ways.length || !width || !height) return
  const scale = way => Math.min(width / it.drawings[way].width, height / it.drawings[way].height)
  const way = ways.reduce((best, next) => (scale(next) > scale(best) ? next : best))
  if (way !== it.way) show(it, way)
  start(it)
}

function show(it, way) {
  it.way = way
  const { svg: text, width, height } = it.drawings[way]
  it.svg = parsed(text)
  it.svg.setAttribute("role", "img")
  it.svg.setAttribute("aria-label", it.label)
  const [x, y] = it.svg.getAttribute("viewBox").split(/\s+/).map(Number)
  it.box = { x, y, width, height }
  it.stage.replaceChildren(it.svg)
  mark(it)
}

// The SVG as elements of this document. Parsed, never innerHTML: whatever a module is named, nothing runs.
function parsed(text) {
  const svg = document.importNode(new DOMParser().parseFromString(text, "image/svg+xml").documentElement, true)
  svg.removeAttribute("width")
  svg.removeAttribute("height")
  for (const part of svg.querySelectorAll("script, foreignObject, style, animate, set")) part.remove()
  for (const part of svg.querySelectorAll("*"))
    for (const { name } of [...part.attributes])
      if (/^on|href$/i.test(name)) part.removeAttribute(name)
  for (const group of svg.querySelectorAll("g.node, g.cluster, g.edge, g.graph")) {
    const title = group.querySelector(":scope > title")
    const tip = group.querySelector("a")?.getAttribute("xlink:title")
    const words = [...group.querySelectorAll(":scope > text, :scope > g text")].map(node => node.textContent)
    // Graphviz puts its own node names there; a person hovering wants the words.
    if (title) title.textContent = group.matches(".node, .cluster") ? tip || words.join(", ") : ""
  }
  return svg
}

// The first view: all of it where that can be read, otherwise its beginning at a legible size.
function start(it) {
  const { clientWidth: width, clientHeight: height } = it.stage
  const { box } = it
  const whole = Math.min((width - 2 * MARGIN) / box.width, (height - 2 * MARGIN) / box.height)
  const scale = Math.min(Math.max(whole, LEGIBLE), LARGEST)
  const at = (from, size, room) =>
    size * scale <= room ? from - (room / scale - size) / 2 : from - MARGIN / scale
  look(it, { x: at(box.x, box.width, width), y: at(box.y, box.height, height), scale })
}

function fit(it) {
  if (!it.svg) return
  const { clientWidth: width, clientHeight: height } = it.stage
  const { box } = it
  const whole = Math.min((width - 2 * MARGIN) / box.width, (height - 2 * MARGIN) / box.height)
  const scale = Math.min(whole, LARGEST)
  const x = box.x - (width / scale - box.width) / 2
  look(it, { x, y: box.y - (height / scale - box.height) / 2, scale })
}

function look(it, view) {
  it.view = view
  const { clientWidth: width, clientHeight: height } = it.stage
  it.svg.setAttribute("viewBox", `${view.x} ${view.y} ${width / view.scale} ${height / view.scale}`)
}

// `point` (px in the stage) stays where it is; without one, the middle does.
function zoom(it, factor, point) {
  if (!it.svg) return
  const { x, y, scale } = it.view
  const next = Math.min(Math.max(scale * factor, 0.05), 8)
  const px = point?.x ?? it.stage.clientWidth / 2
  const py = point?.y ?? it.stage.clientHeight / 2
  look(it, { x: x + px / scale - px / next, y: y + py / scale - py / next, scale: next })
}

function pan(it, dx, dy) {
  if (it.svg) look(it, { ...it.view, x: it.view.x - dx / it.view.scale, y: it.view.y - dy / it.view.scale })
}

function mark(it) {
  if (!it.svg) return
  it.svg.querySelector(".selected")?.classList.remove("selected")
  if (it.selected != null) it.svg.querySelector(`[id="node:${it.selected}"]`)?.classList.add("selected")
}

function listen(it) {
  const { stage } = it
  stage.addEventListener("wheel", event => {
    if (!event.ctrlKey && !event.metaKey) return // the plain wheel scrolls the page
    event.preventDefault()
    const { left, top } = stage.getBoundingClientRect()
    zoom(it, event.deltaY > 0 ? 1 / 1.15 : 1.15, { x: event.clientX - left, y: event.clientY - top })
  }, { passive: false })
  stage.addEventListener("pointerdown", event => event.button === 0 && stage.setPointerCapture(event.pointerId))
  stage.addEventListener("pointermove", event => {
    if (stage.hasPointerCapture(event.pointerId)) pan(it, event.movementX, event.movementY)
  })
  const keys = {
    "+": () => zoom(it, 1.3), "=": () => zoom(it, 1.3), "-": () => zoom(it, 1 / 1.3), 0: () => fit(it),
    ArrowLeft: () => pan(it, 60, 0), ArrowRight: () => pan(it, -60, 0),
    ArrowUp: () => pan(it, 0, 60), ArrowDown: () => pan(it, 0, -60),
  }
  stage.addEventListener("keydown", event => {
    if (!keys[event.key] || event.ctrlKey || event.metaKey || event.altKey) return
    event.preventDefault()
    event.stopPropagation()
    keys[event.key]()
  })
}

function element(name, attributes) {
  const made = document.createElement(name)
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value)
  return made
}

function button(text, label, act) {
  const made = element("button", { type: "button", "aria-label": label, title: label })
  made.textContent = text
  made.onclick = act
  return made
}
