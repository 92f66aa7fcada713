// Why the network says so: saliency, Grad-CAM, and a patch that hides a part of the image.
import { element } from "./dom.js"
import { choose, percent } from "./inside.js"
import { painted, sharp, tilesOf, decoded } from "./inside_draw.js"

// What the server is asked for, and the same as a word.
export const asksWhy = it => ({ class: it.state.of ?? it.pass.predictions[0].index, layer: it.state.layer, size: it.state.size ?? usualPatch(it) })
export const whyOf = it => JSON.stringify(asksWhy(it))
export const usualPatch = it => Math.max(2, Math.round(Math.min(...it.about.shape.slice(1)) / 4))
const HOT = [[0, 0, 0], [120, 28, 110], [222, 73, 60], [252, 180, 60], [252, 255, 164]]

export function drawReasons(it) {
  const found = it.reasons
  const of = it.state.of ?? it.pass.predictions[0].index
  const label = it.about.classes[of]
  const size = it.state.size ?? usualPatch(it)
  const words = element("p", { class: "words" }, `What makes the network say “${label}”? Click another class beside its bar to ask for that one.`)
  if (!found) return [words, element("p", { class: "words", role: "status" }, "Working it out …")]
  const pictures = element("div", { class: found.about === whyOf(it) ? "three" : "three old" },
    figure(it, "Saliency", found.saliency, it.about.shape, "Pixels that would change the score most, if they changed a little."),
    figure(it, "Grad-CAM", found.gradcam, [1, ...found.gradcam.shape], `Where the maps of ${found.gradcam.layer} speak for the class.`),
    occlusion(it, found))
  return [words, pictures, patchBar(it, size)]
}

function occlusion(it, found) {
  if (!found.occlusion.none) return figure(it, "Occlusion", found.occlusion, [1, ...found.occlusion.shape], hidden(found), true)
  return element("figure", {},
    element("figcaption", {}, element("b", {}, "Occlusion")),
    element("p", { class: "words", role: "note" }, sentence(found.occlusion.none)))
}

const sentence = text => `${text[0].toUpperCase()}${text.slice(1).replaceAll("`", "")}.`

function hidden({ probability, occlusion }) {
  const least = Math.min(...occlusion.low)
  const patch = `${occlusion.size} × ${occlusion.size} pixels`
  return least < probability ? `Hidden here, ${patch} bring ${percent(probability)} down to ${percent(least)}.` : `Wherever ${patch} are hidden, it is at least ${percent(least)}, not less than the ${percent(probability)} of the whole image.`
}

function patchBar(it, size) {
  const most = Math.min(...it.about.shape.slice(1))
  const slider = element("input", { type: "range", min: 1, max: most, value: size, "aria-label": "Size of the patch", "data-keep": "size" })
  const out = element("output", {}, `${size} × ${size}`)
  slider.oninput = () => { out.textContent = `${slider.value} × ${slider.value}` }
  slider.onchange = () => {
    const side = Number(slider.value)
    choose(it, { size: side, patch: it.state.patch ? within(it, [it.state.patch[0], it.state.patch[1], side, side]) : null })
  }
  const clear = element("button", { type: "button", "data-keep": "clear" }, it.state.patch ? "Take the patch away" : "Put a patch on the image")
  clear.onclick = () => {
    const [height, width] = it.about.shape.slice(1)
    const patch = it.state.patch ? null : [Math.round((height - size) / 2), Math.round((width - size) / 2), size, size]
    it.patch = patch
    if (!patch) it.now = null
    choose(it, { patch })
  }
  return element("p", { class: "fields" }, element("label", {}, "Patch ", slider, out), clear)
}

// Heat over the image in grey.
function figure(it, title, told, shape, words, turned = false) {
  const [height, width] = it.about.shape.slice(1)
  const side = Math.min(it.width < 700 ? it.width - 24 : Math.floor((it.width - 400) / 3), 270)
  const cell = side / Math.max(height, width)
  const canvas = element("canvas", { role: "img", "aria-label": `${title}: ${words}` })
  const brush = sharp(canvas, cell * width, cell * height)
  decoded(told.png).then(image => {
    const [tile] = tilesOf(image, told, shape.length === 3 ? [1, shape[1], shape[2]] : shape)
    const [least, most] = [told.low[0], told.high[0]]
    const base = turned ? least : Math.max(least, 0)
    const heat = value => (turned ? most - value : value - base) / (most - base || 1)
    brush.drawImage(it.picture, 0, 0, cell * width, cell * height)
    brush.globalCompositeOperation = "saturation"
    brush.fillStyle = "#808080"
    brush.fillRect(0, 0, cell * width, cell * height)
    brush.globalCompositeOperation = "source-over"
    brush.imageSmoothingEnabled = tile.height < height
    brush.globalAlpha = 0.72
    brush.drawImage(painted(tile, value => hot(most === least ? 0 : heat(value))), 0, 0, cell * width, cell * height)
    brush.globalAlpha = 1
  })
  return element("figure", {}, element("figcaption", {}, element("b", {}, title)), canvas, element("p", { class: "words" }, words))
}

function hot(t) {
  const at = Math.min(Math.max(t, 0), 1) * (HOT.length - 1)
  const i = Math.min(Math.floor(at), HOT.length - 2)
  return HOT[i].map((v, k) => Math.round(v + (at - i) * (HOT[i + 1][k] - v)))
}

// ---- the patch

function within(it, [top, left, tall, wide]) {
  const [height, width] = it.about.shape.slice(1)
  const [h, w] = [Math.min(tall, height), Math.min(wide, width)]
  return [Math.min(Math.max(top, 0), height - h), Math.min(Math.max(left, 0), width - w), h, w]
}

export function dragPatch(it, { moved, choose: settle }) {
  let start = null
  const at = event => [Math.floor(event.offsetY / it.cell), Math.floor(event.offsetX / it.cell)]
  const current = () => it.patch ?? it.state.patch
  it.image.addEventListener("pointerdown", event => {
    if (it.state?.view !== "why" || event.button) return
    const [row, column] = at(event)
    const patch = current()
    const hit = patch && row >= patch[0] && column >= patch[1] && row < patch[0] + patch[2] && column < patch[1] + patch[3]
    start = { row, column, patch: hit ? patch : null, drawn: null }
    it.image.setPointerCapture(event.pointerId)
    event.preventDefault()
    it.image.focus({ preventScroll: true })
  })
  it.image.addEventListener("pointermove", event => {
    if (!start) return
    const [row, column] = at(event)
    start.drawn = start.patch
      ? within(it, [start.patch[0] + row - start.row, start.patch[1] + column - start.column, start.patch[2], start.patch[3]])
      : within(it, [Math.min(row, start.row), Math.min(column, start.column), Math.abs(row - start.row) + 1, Math.abs(column - start.column) + 1])
    moved(start.drawn)
  })
  const end = () => {
    if (!start) return
    const { drawn, row, column, patch } = start
    start = null
    const size = it.state.size ?? usualPatch(it)
    const placed = drawn ?? (patch ? patch : within(it, [row - (size >> 1), column - (size >> 1), size, size]))
    moved(placed)
    settle(placed)
  }
  it.image.addEventListener("pointerup", end)
  it.image.addEventListener("pointercancel", end)
  it.image.addEventListener("keydown", event => {
    const by = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] }[event.key]
    if (!by || it.state.view !== "why") return
    event.preventDefault()
    const size = it.state.size ?? usualPatch(it)
    const [height, width] = it.about.shape.slice(1)
    const patch = current() ?? [Math.round((height - size) / 2), Math.round((width - size) / 2), size, size]
    const [top, left, tall, wide] = patch
    const sized = [top, left, Math.min(Math.max(tall + by[0], 1), height - top), Math.min(Math.max(wide + by[1], 1), width - left)]
    const placed = event.shiftKey ? sized : within(it, [top + by[0], left + by[1], tall, wide])
    moved(placed)
    settle(placed)
  })
}
