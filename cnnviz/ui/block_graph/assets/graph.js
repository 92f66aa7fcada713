// The block graph in the browser: asks the worker for a layout of the DOT text, shows the SVG, and lets a
// person zoom and pan. Node ids arrive as `node:<layer index>` and `block:<module path>`.
import { layout } from "./layout.js"

const LEGIBLE = 0.8 // below this scale the text of a node cannot be read
const COMFORTABLE = 1 // the scale of a part of a graph that is too large to be shown whole
const LARGEST = 1.5 // a small graph is not blown up beyond this
const MARGIN = 24 // px around a fitted graph, both sides together
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
  const it = { stage, note, dot: null, drawings: {}, way: null, svg: null, box: null, scale: 1, selected: null }
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
    it.drawings = {}
    it.note.textContent = error.message
  } finally {
    if (it.dot === dot) it.stage.removeAttribute("aria-busy")
  }
}

// Shows the drawing, left to right or top to bottom, that is larger in the room there is.
function settle(it) {
  const { offsetWidth: width, offsetHeight: height } = it.stage
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
  it.box = { width, height }
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
  const { across, along } = room(it)
  const part = Math.min(Math.max(across, LEGIBLE), COMFORTABLE)
  scaled(it, along >= LEGIBLE ? Math.min(along, LARGEST) : part)
  const input = it.svg.querySelector("g.node")?.getBoundingClientRect()
  const stage = it.stage.getBoundingClientRect()
  if (input) pan(it, input.x + input.width / 2 - stage.x - stage.width / 2, input.y + input.height / 2 - stage.y - stage.height / 2)
}

function fit(it) {
  if (it.svg) scaled(it, Math.min(room(it).along, LARGEST))
}

// The scales at which the drawing fills the stage: the tighter direction (along) and the other one (across).
function room(it) {
  const scales = [(it.stage.offsetWidth - MARGIN) / it.box.width, (it.stage.offsetHeight - MARGIN) / it.box.height]
  return { along: Math.min(...scales), across: Math.max(...scales) }
}

function scaled(it, scale) {
  it.scale = scale
  it.svg.style.width = `${it.box.width * scale}px`
  it.svg.style.height = `${it.box.height * scale}px`
}

// The point of the drawing under `point` stays there; without one, what is in the middle does.
function zoom(it, factor, point) {
  if (!it.svg) return
  const stage = it.stage.getBoundingClientRect()
  const { x, y } = point ?? { x: stage.x + stage.width / 2, y: stage.y + stage.height / 2 }
  const before = it.svg.getBoundingClientRect()
  scaled(it, Math.min(Math.max(it.scale * factor, 0.05), 8))
  const after = it.svg.getBoundingClientRect()
  const ratio = after.width / before.width
  pan(it, after.x + (x - before.x) * ratio - x, after.y + (y - before.y) * ratio - y)
}

function pan(it, dx, dy) {
  it.stage.scrollBy({ left: dx, top: dy, behavior: "instant" })
}

function mark(it) {
  if (!it.svg) return
  it.svg.querySelector(".selected")?.classList.remove("selected")
  if (it.selected != null) it.svg.querySelector(`[id="node:${it.selected}"]`)?.classList.add("selected")
}

// Scrolling, by wheel, finger or arrow keys, is the browser's own; zooming and dragging with a mouse are ours.
function listen(it) {
  const { stage } = it
  stage.addEventListener("wheel", event => {
    if (!event.ctrlKey && !event.metaKey) return
    event.preventDefault()
    zoom(it, event.deltaY > 0 ? 1 / 1.15 : 1.15, event)
  }, { passive: false })
  stage.addEventListener("pointerdown", event => {
    const onScrollbar = event.offsetX > stage.clientWidth || event.offsetY > stage.clientHeight
    if (event.button !== 0 || event.pointerType === "touch" || (event.target === stage && onScrollbar)) return
    stage.setPointerCapture(event.pointerId)
  })
  stage.addEventListener("pointermove", event => {
    if (stage.hasPointerCapture(event.pointerId)) pan(it, -event.movementX, -event.movementY)
  })
  const keys = { "+": () => zoom(it, 1.3), "=": () => zoom(it, 1.3), "-": () => zoom(it, 1 / 1.3), 0: () => fit(it) }
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
