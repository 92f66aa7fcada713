// Inside a trained network. Python says which network, and what the link says of the rest; the browser draws, and
// asks past Streamlit what it needs. What a person chose goes into the link a moment later.
import { button, element, mounted, say } from "./dom.js"
import { ask, keepOwn, ownImage } from "./inside_ask.js"
import { drawChange } from "./inside_change.js"
import { decoded, drawImage, tilesOf } from "./inside_draw.js"
import { drawFiles } from "./inside_files.js"
import { drawFilters } from "./inside_filters.js"
import { drawMaps } from "./inside_maps.js"
import { fieldWords } from "./inside_pixel.js"
import { dragPatch, drawReasons, usualPatch } from "./inside_reasons.js"

const LINK_MS = 350 // after the last change the link is written
const BARS = 5
export const VIEWS = { maps: "Feature maps", filters: "Filters", why: "Why?", change: "What if?" }
const instances = new WeakMap() // shadow root -> instance; survives reruns

export function drawInside({ parentElement: root, data, setTriggerValue }) {
  const it = instances.get(root) ?? made(root)
  const another = it.net !== data.net
  keepOwn(data.own)
  Object.assign(it, { data, emit: setTriggerValue, net: data.net })
  it.frame.classList.toggle("large", data.large)
  if (another || it.turn === undefined || (data.turn >= it.turn && JSON.stringify(data.state) !== it.said)) {
    it.turn = data.turn
    it.state = { ...data.state, scales: [...data.state.scales], off: [...data.state.off] }
    it.said = JSON.stringify(it.state)
    if (another) Object.assign(it, { about: null, pass: null, maps: null, now: null })
    begin(it)
  } else it.turn = Math.max(it.turn, data.turn)
}

export function forgetInside(root) {
  const it = instances.get(root)
  if (!it) return
  it.size.disconnect()
  clearTimeout(it.timer)
  it.gone = true
  instances.delete(root)
}

function made(root) {
  const it = { asked: {} }
  it.problem = element("p", { class: "problem", role: "alert", hidden: "" })
  it.image = element("canvas", { tabindex: 0, role: "img" })
  it.caption = element("p", { class: "caption" })
  it.thumbs = element("div", { class: "thumbs", role: "group", "aria-label": "Images" })
  it.bars = element("div", { class: "bars", role: "group", "aria-label": "What the network says" })
  it.about = null
  it.layers = element("select", { "aria-label": "Layer" })
  it.layers.onchange = () => choose(it, { layer: it.layers.value, channel: null, row: null, column: null })
  const before = button("‹", "The layer before", () => step(it, -1))
  const after = button("›", "The next layer", () => step(it, 1))
  it.shape = element("span", { class: "shape" })
  it.tabs = element("div", { class: "tabs", role: "tablist", "aria-label": "View" })
  for (const [view, name] of Object.entries(VIEWS)) {
    const tab = element("button", { type: "button", role: "tab", "data-view": view }, name)
    tab.onclick = () => choose(it, { view })
    tab.onkeydown = event => arrows(it, event)
    it.tabs.append(tab)
  }
  it.panel = element("div", { class: "panel", role: "tabpanel" })
  it.files = element("p", { class: "files" })
  const left = element("section", { class: "left", "aria-label": "The image" }, element("div", { class: "picture" }, it.image), it.caption, it.thumbs, it.bars)
  const bar = element("div", { class: "bar" }, it.tabs, element("span", { class: "walk" }, before, it.layers, after), it.shape)
  const right = element("section", { class: "right", "aria-label": "The layer" }, bar, it.panel, it.files)
  it.frame = mounted(root, "inside.css", it.problem, element("div", { class: "both" }, left, right))
  it.frame.addEventListener("keydown", event => event.stopPropagation()) // the page has shortcuts of its own
  it.size = new ResizeObserver(entries => {
    const width = Math.round(entries[0].contentRect.width)
    if (width && it.width !== width) { it.width = width; if (it.about) render(it) }
  })
  it.size.observe(it.frame)
  dragPatch(it, { moved: patch => occlude(it, patch), choose: patch => choose(it, { patch }) })
  instances.set(root, it)
  return it
}

// ---- what the server knows

async function told(it, work) {
  try {
    await work()
    it.problem.hidden = true
  } catch (error) {
    it.problem.textContent = error instanceof TypeError ? "The server does not answer; try again in a moment." : `${error.message}.`
    it.problem.hidden = false
  }
}

async function begin(it) {
  await told(it, async () => {
    if (!it.about) {
      const about = await ask(it, "network", { image: "" })
      if (!about) return
      it.about = about
      it.thumbsImage = await decoded(about.thumbs.png)
      network(it)
    }
    fill(it)
    await see(it)
  })
}

async function see(it) {
  it.frame.setAttribute("aria-busy", "true")
  try {
    const [pass, maps] = await Promise.all([ask(it, "pass"), ask(it, "maps", { layer: it.state.layer })])
    if (pass) Object.assign(it, { pass, picture: await decoded(pass.png), now: null })
    if (maps) await taken(it, maps)
  } finally {
    it.frame.removeAttribute("aria-busy")
  }
  it.reasons = null
  render(it)
  await more(it)
}

async function taken(it, maps) {
  it.maps = { ...maps, tiles: tilesOf(await decoded(maps.png), maps, maps.shape) }
  if (it.state.channel === null) it.state.channel = maps.order[0]
  it.pixel = null
}

// What the view needs beyond the maps.
async function more(it) {
  const { state } = it
  if (state.view === "maps") await Promise.all([kernel(it), pixel(it)])
  if (state.view === "filters") {
    const layer = layerOf(it).filters
    const filters = layer ? await ask(it, "filters", { layer, channel: filterChannel(it) }) : null
    if (!layer || filters) it.filters = filters && { ...filters, image: await decoded(filters.png), classics: filters.classic && (await decoded(filters.classic.png)) }
  }
  if (state.view === "why") await reasons(it)
  if (state.view === "change") await change(it)
  render(it)
}

const filterChannel = it => Math.min(it.state.channel ?? 0, (it.about.layers.find(l => l.name === layerOf(it).filters)?.shape[0] ?? 1) - 1)

async function kernel(it) {
  const layer = layerOf(it).filters
  if (!layer) return (it.kernel = null)
  const filters = await ask(it, "filters", { layer, channel: filterChannel(it) })
  if (filters) it.kernel = { ...filters, image: await decoded(filters.png) }
}

export async function pixel(it) {
  const { layer, channel, row, column } = it.state
  if (row === null) return (it.pixel = null)
  const found = await ask(it, "pixel", { layer, channel, row, column })
  if (!found) return
  const [height, width] = it.about.shape.slice(1)
  it.pixel = { ...found, part: 0, heat: tilesOf(await decoded(found.gradient.png), found.gradient, [1, height, width])[0] }
}

async function reasons(it) {
  const of = it.state.of ?? it.pass.predictions[0].index
  const found = await ask(it, "reasons", { class: of, layer: it.state.layer, size: it.state.size ?? usualPatch(it) })
  if (found) it.reasons = found
  if (it.state.patch) await occlude(it, it.state.patch)
}

// While the patch moves one question is on its way at a time, and the last place is asked for in the end.
async function occlude(it, patch) {
  it.patch = patch
  drawLeft(it)
  if (it.occluding) return
  it.occluding = true
  await told(it, async () => {
    let done
    do {
      done = it.patch
      if (!done) { it.now = null; break }
      const found = await ask(it, "occluded", { patch: [done[0], done[1], done[0] + done[2] - 1, done[1] + done[3] - 1].join() })
      if (found) it.now = found.predictions
      drawBars(it)
    } while (done !== it.patch)
  })
  it.occluding = false
  drawBars(it)
}

export async function change(it) {
  const { scales, off } = it.state
  if (!scales.length && !off.length) return (it.now = null)
  const found = await ask(it, "change", { scale: scales.map(s => s.join(":")).join("~"), off: off.join("~") })
  if (found) it.now = found.predictions
}

// ---- what a person does

export function choose(it, change) {
  const before = it.state
  it.state = { ...before, ...change }
  if ("of" in change || "size" in change) it.reasons = null
  fill(it)
  told(it, async () => {
    if (it.state.image !== before.image) {
      it.state = { ...it.state, of: null }
      it.pixel = null
      return see(it)
    }
    if (it.state.layer !== before.layer) {
      const maps = await ask(it, "maps", { layer: it.state.layer })
      if (maps) await taken(it, maps)
    }
    if (it.state.view !== before.view) it.now = null
    if (it.state.channel !== before.channel || it.state.row !== before.row || it.state.column !== before.column) it.waits = true
    render(it)
    await more(it)
  }).finally(() => write(it))
}

function write(it) {
  clearTimeout(it.timer)
  it.timer = setTimeout(() => {
    const state = { ...it.state }
    const text = JSON.stringify(state)
    if (text === it.said) return
    it.said = text
    it.turn++
    say(it.emit, "chosen", { net: it.net, turn: it.turn, state })
  }, LINK_MS)
}

function step(it, by) {
  const names = it.about.layers.map(layer => layer.name)
  const next = names[names.indexOf(it.state.layer) + by]
  if (next) choose(it, { layer: next, channel: null, row: null, column: null })
}

function arrows(it, event) {
  const names = Object.keys(VIEWS)
  const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key]
  if (!by) return
  const view = names[(names.indexOf(it.state.view) + by + names.length) % names.length]
  choose(it, { view })
  it.tabs.querySelector(`[data-view=${view}]`).focus()
}

// ---- what is on the page

export const layerOf = it => it.about.layers.find(layer => layer.name === it.state.layer)

export function sizes({ shape: [channels, height, width], flat }) {
  return flat ? `n_C = ${channels.toLocaleString("en")}` : `${height} × ${width} × ${channels.toLocaleString("en")}`
}

function network(it) {
  const groups = new Map()
  for (const layer of it.about.layers) {
    const at = layer.name.split(".").slice(0, 2).join(".")
    const group = layer.name.includes(".") ? at : ""
    groups.set(group, [...(groups.get(group) ?? []), layer])
  }
  const option = layer => element("option", { value: layer.name }, `${layer.name} · ${sizes(layer)}`)
  it.layers.replaceChildren(...[...groups].flatMap(([group, layers]) =>
    group ? [element("optgroup", { label: group }, ...layers.map(option))] : layers.map(option)))
  it.thumbs.replaceChildren(...it.about.samples.map((sample, i) => thumb(it, sample, i)))
}

function thumb(it, sample, i) {
  const { columns, side } = it.about.thumbs
  const canvas = element("canvas", { width: side, height: side })
  canvas.getContext("2d").drawImage(it.thumbsImage, (i % columns) * side, Math.floor(i / columns) * side, side, side, 0, 0, side, side)
  const made = button("", sample.title, () => choose(it, { image: sample.name }))
  made.dataset.image = sample.name
  made.append(canvas)
  return made
}

// The visitor's own image, last, for as long as the page is open.
function ownThumb(it) {
  const [own, there] = [ownImage(), it.thumbs.querySelector("[data-own]")]
  if (!own || there?.dataset.image === own.name) return
  there?.remove()
  const { name, address } = own
  const made = button("", "your image", () => choose(it, { image: name }))
  Object.assign(made.dataset, { image: name, own: "" })
  made.append(element("img", { src: address, alt: "" }))
  it.thumbs.append(made)
}

// What follows from the state at once, before any answer.
function fill(it) {
  it.layers.value = it.state.layer
  for (const tab of it.tabs.children) {
    const chosen = tab.dataset.view === it.state.view
    tab.setAttribute("aria-selected", chosen)
    tab.tabIndex = chosen ? 0 : -1
  }
  ownThumb(it)
  for (const thumb of it.thumbs.children) thumb.setAttribute("aria-pressed", thumb.dataset.image === it.state.image)
  it.image.parentElement.classList.toggle("picking", it.state.view === "why")
  const layer = layerOf(it)
  it.shape.replaceChildren(`${layer.kind}, `, element("b", {}, sizes(layer)), layer.flat ? "" : " (n_H × n_W × n_C)")
}

function render(it) {
  if (!it.pass || !it.maps) return
  drawLeft(it)
  drawBars(it)
  const focus = it.panel.getRootNode().activeElement?.dataset.keep
  const parts = { maps: drawMaps, filters: drawFilters, why: drawReasons, change: drawChange }[it.state.view](it)
  it.panel.replaceChildren(...parts)
  if (focus) it.panel.querySelector(`[data-keep="${focus}"]`)?.focus({ preventScroll: true })
  drawFiles(it)
}

export function drawLeft(it) {
  const { view } = it.state
  drawImage(it, view === "maps" && it.pixel ? it.pixel : null, view === "why" ? it.patch ?? it.state.patch : null)
  const inverted = it.pass.inverted ? " Its brightness is inverted: this network knows light strokes on a dark ground." : ""
  const credit = it.pass.credit ? ` (${it.pass.credit})` : ""
  it.caption.textContent = view === "maps" && it.pixel ? fieldWords(it) : view === "why"
    ? "Draw a patch over the image, or drag it: what lies under it is hidden from the network. Arrow keys move it."
    : `${it.pass.title}${credit}, ${it.about.shape[1]} × ${it.about.shape[2]} pixels for this network.${inverted}`
  it.image.setAttribute("aria-label", `The image: ${it.pass.title}. ${it.caption.textContent}`)
}

function drawBars(it) {
  const before = it.pass.predictions
  const now = it.now && new Map(it.now.map(p => [p.index, p.p]))
  const shown = before.slice(0, BARS)
  if (it.now && !shown.some(p => p.index === it.now[0].index)) shown[BARS - 1] = before.find(p => p.index === it.now[0].index)
  const of = it.state.view === "why" ? it.state.of ?? before[0].index : null
  it.bars.replaceChildren(...shown.map(prediction => {
    const share = now ? now.get(prediction.index) : prediction.p
    const row = button("", "", () => choose(it, { of: prediction.index, view: "why" }))
    const said = now ? `${percent(prediction.p)} → ${percent(share)}` : percent(share)
    row.title = `Why ${prediction.label}?`
    row.setAttribute("aria-label", `${prediction.label}: ${said}. Why?`)
    row.setAttribute("aria-pressed", of === prediction.index)
    const track = element("span", { class: "track" })
    if (now) track.append(element("i", { class: "before", style: `width:${100 * prediction.p}%` }))
    track.append(element("i", { class: "now", style: `width:${100 * share}%` }))
    row.append(element("span", { class: "label" }, prediction.label), track, element("b", {}, said))
    return row
  }))
  it.bars.classList.toggle("changed", Boolean(now))
}

export const percent = share => `${(100 * share).toFixed(share > 0.995 || share < 0.095 ? 1 : 0)} %`
