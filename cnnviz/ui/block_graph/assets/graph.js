// The block graph in the browser: asks the worker for a layout of the DOT text, shows the SVG, and lets a
// person pick a layer, open and close groups. Node ids arrive as `node:<layer index>` and `block:<path>`.
import { button, element, mounted, say } from "./dom.js"
import { layout } from "./layout.js"
import { saveDot, savePng, saveSvg } from "./save.js"
import { MANY, current, inNextFrame, join, leave, pick, reveal } from "./selection.js"
import { fit, listen, scaled, start, zoom } from "./zoom.js"

const instances = new WeakMap() // shadow root -> instance; survives reruns
const KEYS = "Arrow keys go from box to box, Enter opens a group, Backspace closes the one around."

export function drawGraph({ parentElement, data, setTriggerValue }) {
  let it = instances.get(parentElement)
  if (!it) instances.set(parentElement, (it = mount(parentElement)))
  it.emit = setTriggerValue
  it.keep = it.of === data.of // the same network, folded or coloured in another way: the eye stays where it is
  Object.assign(it, { of: data.of, label: data.label, name: data.name, large: data.large })
  const before = it.told.shapes
  it.told = { of: data.told.of, shapes: new Map(data.told.shapes) }
  const forgotten = [...before.keys()].some(index => !it.told.shapes.has(index))
  it.frame.style.setProperty("--height", `${data.height}px`)
  if (it.dot !== data.dot) request(it, data)
  else if (it.svg) {
    explain(it, data)
    forgotten ? show(it, it.way) : writeAll(it) // what is forgotten is hidden again
  }
}

export function forgetGraph(root) {
  const it = instances.get(root)
  if (!it) return
  it.observer.disconnect()
  leave(it.view)
  instances.delete(root)
}

function mount(root) {
  const stage = element("div", { class: "stage" })
  const note = element("p", { class: "note", role: "status" })
  const legend = element("div", { class: "legend" })
  const bar = element("div", { class: "bar" })
  const frame = mounted(root, "graph.css", element("div", { class: "view" }, stage, note, bar), legend)
  const it = { frame, stage, note, legend, dot: null, drawings: {}, way: null, svg: null, box: null, scale: 1 }
  it.told = { of: null, shapes: new Map() }
  const save = element("details", {}, element("summary", { title: "Save the graph as it stands" }, "Save"))
  const kinds = [["SVG", saveSvg], ["PNG", savePng], ["DOT", saveDot]].map(([kind, act]) =>
    button(kind, `Save as ${kind}`, () => {
      save.open = false
      if (it.svg) act(it)
    }))
  save.append(element("div", { class: "menu" }, ...kinds))
  save.onkeydown = event => {
    if (event.key !== "Escape" || !save.open) return
    save.open = false
    save.firstChild.focus()
    event.stopPropagation()
  }
  bar.append(
    save,
    button("+", "Zoom in", () => zoom(it, 1.3)),
    button("−", "Zoom out", () => zoom(it, 1 / 1.3)),
    button("Fit", "Fit the whole graph", () => fit(it)),
  )
  if (document.fullscreenEnabled) bar.append(button(corners(), "Full screen", () => fullScreen(frame)))
  it.view = { select: index => mark(it, index), reveal: told => tell(it, told) }
  it.observer = new ResizeObserver(() => settle(it))
  it.observer.observe(stage)
  listen(it, target => press(it, target))
  stage.addEventListener("keydown", event => key(it, event))
  stage.addEventListener("focusin", event => {
    const box = event.target.closest("g.node[role]")
    if (box) stop(it, box)
  })
  join(it.view)
  return it
}

function corners() {
  const icon = document.createElementNS("http://www.w3.org/2000/svg", "svg")
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path")
  icon.setAttribute("viewBox", "0 0 14 14")
  icon.setAttribute("width", "14")
  path.setAttribute("d", "M1 5V1h4M9 1h4v4M13 9v4H9M5 13H1V9")
  icon.append(path)
  return icon
}

function fullScreen(frame) {
  if (document.fullscreenElement) document.exitFullscreen()
  else frame.requestFullscreen()
}

async function request(it, data) {
  const { dot } = data
  it.dot = dot
  it.stage.setAttribute("aria-busy", "true")
  if (!it.svg) it.note.textContent = "Drawing the graph …"
  try {
    const drawings = await layout(dot, data.limit, () => it.dot === dot)
    if (it.dot !== dot) return // a newer one is under way
    it.drawings = drawings
    if (!it.keep || !drawings[it.way]) it.way = null
    it.note.textContent = ""
    explain(it, data)
    it.way ? show(it, it.way) : settle(it)
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

// What belongs to a drawing: which box a layer is in, and what the colours say.
function explain(it, { boxes, legend, title }) {
  it.boxes = boxes
  const layers = runs => runs.flatMap(([first, count]) => Array.from({ length: count }, (_, i) => first + i))
  it.homes = new Map(boxes.flatMap(([id, runs]) => layers(runs).map(index => [index, id])))
  const lines = legend.map(([name, words]) => element("li", {}, element("span", { class: name }), words))
  it.legend.replaceChildren(element("p", {}, title), element("ul", {}, ...lines))
}

// Shows the drawing, left to right or top to bottom, that is larger in the room there is.
function settle(it) {
  const { offsetWidth: width, offsetHeight: height } = it.stage
  const ways = Object.keys(it.drawings)
  if (!ways.length || !width || !height) return
  const scale = way => Math.min(width / it.drawings[way].width, height / it.drawings[way].height)
  const way = ways.reduce((best, next) => (scale(next) > scale(best) ? next : best))
  if (way !== it.way) show(it, way)
  else if (it.svg) start(it)
  seen(it, true)
}

function show(it, way) {
  const before = it.keep && it.svg ? it.scale : null
  const focused = it.stage.contains(it.stage.getRootNode().activeElement)
  it.way = way
  const { svg: text, width, height } = it.drawings[way]
  it.svg = parsed(text)
  it.svg.setAttribute("role", "group")
  it.svg.setAttribute("aria-label", it.label)
  it.svg.setAttribute("aria-description", KEYS)
  it.box = { width, height }
  it.places = new Map([...it.svg.querySelectorAll("g.node, g.cluster")].map(group => [group.id, group]))
  it.first = it.svg.querySelector("g.node[role]")
  writeAll(it)
  it.selected = null
  it.stage.replaceChildren(it.svg)
  if (before) scaled(it, before)
  else start(it)
  mark(it, current(), { quiet: true })
  const anchor = it.anchor && (boxOf(it, `block:${it.anchor}`) ?? boxOf(it, `fold:${it.anchor}`))
  it.anchor = null
  if (anchor) reveal(it.stage, anchor, { centre: true })
  else if (before) seen(it, true)
  if (focused) focus(it, anchor?.matches(".node") ? anchor : it.stop)
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
  for (const group of svg.querySelectorAll("g.node, g.cluster, g.edge, g.graph")) describe(group)
  return svg
}

function describe(group) {
  const title = group.querySelector(":scope > title")
  const texts = [...group.querySelectorAll(":scope > text, :scope > g text")]
  const words = texts.map(node => node.textContent).join(", ")
  // Graphviz puts its own node names there; a person hovering wants the words.
  if (title) title.textContent = group.matches(".node, .cluster") ? words : ""
  if (!group.matches("[id^='node:'], [id^='block:'], [id^='fold:']")) return
  const open = group.matches(".cluster")
  const button = open ? texts[0] : group
  button?.setAttribute("role", "button")
  button?.setAttribute("tabindex", "-1")
  button?.setAttribute("aria-label", words)
  if (group.id.startsWith("node:")) return
  button?.setAttribute("aria-expanded", String(open))
  if (texts[0]) texts[0].textContent = `${open ? "−" : "+"} ${texts[0].textContent}`
}

// Shapes that need not be predicted any more: [layer, words].
function tell(it, { of, shapes }) {
  if (of !== it.told.of) return // of another network, or of other hidden quantities
  for (const [index, shape] of shapes) {
    if (it.told.shapes.get(index) === shape) continue
    it.told.shapes.set(index, shape)
    if (it.svg) write(it, index, shape)
  }
}

function writeAll(it) {
  for (const [index, shape] of it.told.shapes) write(it, index, shape)
}

// A box tells the shape of the last of its layers in its second line, where there is room for any shape.
function write(it, index, shape) {
  const id = it.homes.get(index)
  const [first, count] = it.boxes.find(([box]) => box === id)?.[1].at(-1) ?? []
  const group = boxOf(it, id)
  const line = group?.querySelectorAll("text")[1]
  if (first + count - 1 !== index || !/^[\d?x]+$/.test(line?.textContent ?? "")) return
  line.textContent = shape
  const words = [...group.querySelectorAll("text")].map(node => node.textContent).join(", ")
  group.setAttribute("aria-label", words)
  group.querySelector("title").textContent = words
}

const boxOf = (it, id) => it.places.get(id)

// Touches the two boxes concerned and asks for no layout: in a graph of 500 boxes either would be felt. What
// has to be measured waits for the next frame.
function mark(it, index, { quiet = false } = {}) {
  if (!it.svg) return
  const box = boxOf(it, it.homes.get(index))
  if (box !== it.selected) {
    it.selected?.classList.remove("selected")
    it.selected?.removeAttribute("aria-pressed")
    box?.classList.add("selected")
    box?.setAttribute("aria-pressed", "true")
    it.selected = box
  }
  stop(it, box ?? it.first)
  if (!quiet) inNextFrame(it, () => seen(it))
}

function seen(it, atOnce = false) {
  if (it.selected) reveal(it.stage, it.selected, { centre: true, atOnce: atOnce || it.boxes.length > MANY })
}

// One box is a stop of the Tab key; arrow keys go on from there.
function stop(it, box) {
  if (it.stop === box) return
  it.stop?.setAttribute("tabindex", "-1")
  it.stop = box
  box?.setAttribute("tabindex", "0")
}

function focus(it, box) {
  if (!box) return
  stop(it, box)
  box.focus({ preventScroll: true })
  reveal(it.stage, box)
}

// A click, or the Enter key: a layer is picked, a group opens or closes.
function press(it, target) {
  const group = target.closest("g.node[role], g.cluster")
  if (!group || (group.matches(".cluster") && !target.closest("text"))) return
  if (group.id.startsWith("node:")) {
    stop(it, group)
    pick(Number(group.id.slice("node:".length)))
  } else toggle(it, group.id)
}

function toggle(it, id) {
  it.anchor = id.slice(id.indexOf(":") + 1)
  say(it.emit, "toggled", it.anchor)
}

function key(it, event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return
  const at = it.boxes?.findIndex(([id]) => id === it.stop?.id) ?? -1
  const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key]
  if (step && it.boxes?.[at + step]) {
    const [id, [[first]]] = it.boxes[at + step]
    pick(first)
    focus(it, boxOf(it, id))
  } else if (event.key === "Enter" || event.key === " ") press(it, event.target)
  else if (event.key === "Backspace" && it.stop) closeAround(it)
  else if (!step) return
  event.preventDefault()
  event.stopPropagation()
}

// Clusters are not nested in the SVG: the one around is the last one that the box lies within.
function closeAround(it) {
  const box = it.stop.getBoundingClientRect()
  const around = [...it.svg.querySelectorAll("g.cluster")].filter(cluster => {
    const outer = cluster.getBoundingClientRect()
    return outer.left <= box.left && outer.right >= box.right && outer.top <= box.top && outer.bottom >= box.bottom
  })
  const inner = around.sort((a, b) => a.getBoundingClientRect().width - b.getBoundingClientRect().width)[0]
  if (inner) toggle(it, inner.id)
}
