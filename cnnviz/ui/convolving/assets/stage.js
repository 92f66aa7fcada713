// The moving window: controls, grids, how it moves, and what is counted. The browser does all arithmetic; the server
// hears of what a person changed, and answers with sizes and formulas.
import { shown, worldOf } from "./arithmetic.js"
import { editable } from "./cells.js"
import { controls } from "./controls.js"
import { layoutOf } from "./layout.js"
import { drawPicture, showStep } from "./picture.js"
import { savePicture } from "./saving.js"
import { button, element, mounted, say } from "./shared.js"
import { sums } from "./sums.js"
import { transport } from "./transport.js"

const QUIET_MS = 500 // after the last step, the link learns where the window stands
const LOW = 800 // px of a small projector, as in stage.css
const instances = new WeakMap() // shadow root -> instance; survives reruns

export function draw({ parentElement: root, data, setTriggerValue }) {
  let it = instances.get(root)
  if (!it) instances.set(root, (it = mount(root, data)))
  it.emit = setTriggerValue
  if (data.turn < it.turn) return // an answer to what has been changed since
  it.turn = data.turn
  take(it, data)
}

export function forget(root) {
  const it = instances.get(root)
  if (!it) return
  it.move.stop()
  it.size.disconnect()
  document.removeEventListener("keydown", it.keys)
  clearTimeout(it.quiet)
  clearTimeout(it.drawn)
  instances.delete(root)
}

function mount(root, data) {
  const it = { root, turn: data.turn, step: 0, drawing: false }
  it.controls = controls(it)
  it.canvas = element("div", { class: "canvas" })
  it.editor = editable(it)
  it.remarks = element("ul", { class: "remarks" })
  it.move = transport(it)
  it.sums = sums(it)
  const save = element("p", { class: "save" }, element("span", {}, "Picture"), button("SVG", "Picture as SVG", () => savePicture(it, "svg")), button("PNG", "Picture as PNG", () => savePicture(it, "png")))
  it.frame = mounted(root, new URL("stage.css", import.meta.url), it.controls.box, it.move.box, it.canvas, it.sums.box, it.remarks)
  it.sums.counts.append(save)
  it.keys = event => it.move.key(event)
  document.addEventListener("keydown", it.keys)
  it.frame.addEventListener("keydown", event => {
    if (event.target.closest("input, select, .box")) event.stopPropagation() // the page has shortcuts of its own
  })
  it.size = new ResizeObserver(() => {
    const width = Math.floor(it.canvas.clientWidth)
    if (it.data && width && width !== it.width) redraw(it)
  })
  it.size.observe(it.canvas)
  it.go = step => go(it, step)
  it.look = place => look(it, place)
  it.tell = (change, field) => tell(it, change, field)
  it.tellSoon = field => tellSoon(it, field)
  it.edited = () => {
    it.world = worldOf(it.scene)
    redraw(it)
  }
  return it
}

// What the server says counts, but for where the window stands: that is known here first.
function take(it, data) {
  const before = it.data
  const same = before && JSON.stringify(data.shape) === JSON.stringify(before.shape) && data.kind === before.kind
  const moved = before && String(data.place) !== String(it.told)
  const scene = structuredClone({ kind: data.kind, shape: data.shape, input: data.input, weights: data.weights })
  const changed = !before || data.large !== before.large || JSON.stringify(scene) !== JSON.stringify(it.scene)
  it.data = data
  it.scene = scene
  if (!same || moved) {
    it.move.stop()
    it.step = data.place[0]
    it.told = String(data.place)
  }
  if (!same || moved || !it.place) it.place = { out: data.place[1], channel: data.place[2] }
  it.frame.classList.toggle("large", data.large)
  it.controls.show(data)
  if (changed || moved) {
    it.world = worldOf(it.scene)
    fillRemarks(it)
    redraw(it)
  }
}

function redraw(it) {
  const width = Math.floor(it.canvas.clientWidth)
  if (!width) return
  it.width = width
  const large = it.data.large
  const { C, n } = it.data.shape
  const most = large ? 640 : C > 3 ? (n > 12 ? 400 : 460) : C > 1 ? 520 : 440 // px; below many channels stand their bars
  it.low = large && innerHeight <= LOW
  const height = Math.max(260, Math.min(most, innerHeight - (it.low ? 450 : large ? 500 : 390)))
  const focused = it.editor.focused()
  it.layout = layoutOf(it.world, width, height, { large, flat: it.low })
  it.picture = drawPicture(it.world, it.layout, it.place, it.data)
  it.canvas.querySelector("svg.stage")?.remove()
  it.canvas.prepend(it.picture.drawn)
  it.canvas.classList.toggle("drawing", it.drawing)
  it.editor.attach(focused)
  it.move.show()
  render(it)
}

function render(it) {
  showStep(it.picture, it.step)
  it.sums.show()
  it.move.show()
}

function go(it, step) {
  const next = Math.max(0, Math.min(it.data.shape.steps - 1, step))
  if (next === it.step) return
  it.step = next
  render(it)
  keep(it)
}

// Another filter, or other channels.
function look(it, place) {
  it.place = { ...it.place, ...place }
  if (it.world.apart) it.place.out = it.place.channel
  redraw(it)
  keep(it)
}

// The link learns where the window stands once it rests: a frame costs the server nothing.
function keep(it) {
  clearTimeout(it.quiet)
  it.quiet = setTimeout(() => {
    if (it.move.playing()) return keep(it)
    const place = [it.step, it.place.out, it.place.channel]
    if (String(place) === it.told) return
    it.told = String(place)
    it.turn += 1
    say(it.emit, "said", { turn: it.turn, what: "place", place: place.join(".") })
  }, QUIET_MS)
}

// Tells the server a change: everything, so that quick ones cannot cross.
function tell(it, change, field = "") {
  clearTimeout(it.quiet)
  clearTimeout(it.drawn)
  if (change.what !== "example") it.controls.changed()
  it.turn += 1
  const text = ({ base, edits }) => [base, ...edits.map(([c, i, j, value]) => `${c}.${i}.${j}=${value}`)].join("~")
  const place = [it.step, it.place.out, it.place.channel]
  it.told = String(place)
  const all = { what: "scene", kind: it.scene.kind, values: it.data.values, input: text(it.scene.input), weights: text(it.scene.weights), place: place.join(".") }
  say(it.emit, "said", { turn: it.turn, field, ...all, ...change })
}

// The same once keys that draw have come to rest. What the server says meanwhile is older than they are.
function tellSoon(it, field) {
  clearTimeout(it.drawn)
  it.turn += 1
  it.drawn = setTimeout(() => tell(it, {}, field), QUIET_MS)
}

function fillRemarks(it) {
  const rounded = [it.scene.input, it.scene.weights].some(({ planes }) => (planes ?? []).flat(2).some(value => Number(shown(value).replace("−", "-")) !== value))
  const lines = [...it.data.remarks, ...(rounded ? ["Numbers are shown rounded, and multiplied with all their digits."] : [])]
  it.remarks.replaceChildren(...lines.map(line => element("li", {}, line)))
}
