// Draws of one photograph, changed at random as training does; all of it is worked out here.
import { chance } from "./chance.js"
import { PAPER } from "./files.js"
import { action, choice, element, formulas, slider, toggle } from "./kit.js"
import { tex } from "./tex.js"

const GREY = [0.299, 0.587, 0.114]
const clip = value => Math.max(0, Math.min(255, value))
const grey = (x, i) => GREY[0] * x[i] + GREY[1] * x[i + 1] + GREY[2] * x[i + 2]

export function drawn(seed, draw, count = 12) {
  const next = chance(seed + 100003 * (draw + 1))
  return Array.from({ length: count }, next)
}

// Where each place of the output looks in the input, both from -1 to 1.
export function theta({ flip, crop, rotate, shift }, u) {
  const sign = flip === "yes" && u[0] < 0.5 ? -1 : 1
  const scale = 1 - crop * u[1]
  const angle = (Math.PI / 180) * rotate * (2 * u[4] - 1)
  const across = (1 - scale) * (2 * u[2] - 1) + 2 * shift * (2 * u[5] - 1)
  const down = (1 - scale) * (2 * u[3] - 1) + 2 * shift * (2 * u[6] - 1)
  const [c, s] = [scale * Math.cos(angle), scale * Math.sin(angle)]
  return [[sign * c, sign * -s, sign * across], [s, c, down]]
}

// Images are flat: side x side x 3, from 0 to 255.
export function sampled(x, side, [[a, b, c], [d, e, f]]) {
  const made = new Float64Array(side * side * 3)
  for (let i = 0; i < side; i++) for (let j = 0; j < side; j++) {
    const [px, py] = [(2 * j + 1) / side - 1, (2 * i + 1) / side - 1]
    const column = ((a * px + b * py + c + 1) * side - 1) / 2
    const row = ((d * px + e * py + f + 1) * side - 1) / 2
    const [left, top] = [Math.floor(column), Math.floor(row)]
    for (let k = 0; k < 4; k++) {
      const [y, z] = [top + (k >> 1), left + (k & 1)]
      if (y < 0 || y >= side || z < 0 || z >= side) continue
      const weight = (1 - Math.abs(row - y)) * (1 - Math.abs(column - z))
      for (let channel = 0; channel < 3; channel++) made[(i * side + j) * 3 + channel] += weight * x[(y * side + z) * 3 + channel]
    }
  }
  return made
}

export function coloured(x, brightness, contrast, saturation) {
  const made = Float64Array.from(x, value => clip(value * brightness))
  let middle = 0
  for (let i = 0; i < made.length; i += 3) middle += grey(made, i)
  middle /= made.length / 3
  for (let i = 0; i < made.length; i++) made[i] = clip(contrast * made[i] + (1 - contrast) * middle)
  for (let i = 0; i < made.length; i += 3) {
    const own = grey(made, i)
    for (let k = i; k < i + 3; k++) made[k] = clip(saturation * made[k] + (1 - saturation) * own)
  }
  return made
}

// Where the grey square begins, its row and its column, and its side.
function square(side, part, across, down) {
  const wide = Math.round(part * side)
  return [Math.floor(down * (side - wide + 1)), Math.floor(across * (side - wide + 1)), wide]
}

export function erased(x, side, part, across, down) {
  const [top, left, wide] = square(side, part, across, down)
  const made = Float64Array.from(x)
  for (let i = top; i < top + wide; i++) made.fill(127, (i * side + left) * 3, (i * side + left + wide) * 3)
  return made
}

export function augmented(x, side, settings, seed, draw) {
  const u = drawn(seed, draw)
  let made = sampled(x, side, theta(settings, u))
  made = coloured(made, ...u.slice(7, 10).map(one => 1 + settings.colour * (2 * one - 1)))
  if (settings.noise) {
    const next = chance(seed + 100003 * (draw + 1) + 50021)
    for (let i = 0; i < made.length; i++) {
      const [p, q] = [next(), next()]
      made[i] = clip(made[i] + 255 * settings.noise * Math.sqrt(-2 * Math.log(1 - p)) * Math.cos(2 * Math.PI * q))
    }
  }
  return settings.erase ? erased(made, side, settings.erase, u[10], u[11]) : made
}

const SLIDERS = [["crop", "Crop, up to", percent], ["rotate", "Turn, up to ±", value => `${value}°`], ["shift", "Shift, up to ±", percent], ["colour", "Colour, up to ±", percent], ["noise", "Noise", percent], ["erase", "Erase a square", percent]]
const HEADS = ["draw", "theta 11", "theta 12", "theta 13", "theta 21", "theta 22", "theta 23", "brightness", "contrast", "saturation", "erased from row", "from column", "pixels of its side"]
function percent(value) { return `${Math.round(value * 100)} %` }

export default function make(it) {
  const { bounds, side, draws } = it.data
  const images = element("div", {})
  const flip = toggle(it, "flip", "Flip, every other time", ["no", "yes"])
  const sliders = SLIDERS.map(([name, label, said]) => slider(it, name, label, { least: bounds[name][0], most: bounds[name][1], step: bounds[name][2], said }))
  const buttons = [action("Draw again", () => it.change({ seed: 1 + (it.state.seed % 9999) })), action("As it is", () => it.change({ flip: "no", crop: 0, rotate: 0, shift: 0, colour: 0, noise: 0, erase: 0 }))]
  const canvas = element("canvas", { role: "img", tabindex: 0 })
  const place = element("div", { class: "picture" }, canvas)
  const said = element("div", { class: "formulas" })
  it.frame.append(element("div", { class: "both wide" }, element("div", { class: "side" }, place), element("div", { class: "side" }, images, flip.box, ...sliders.map(one => one.box), element("div", { class: "buttons" }, ...buttons), said)))
  it.files = () => {
    const { of: name, seed } = it.state
    const cells = Array.from({ length: draws }, (_, k) => [k, drawn(seed, k)])
    return chosen ? [{
      name: "draws", label: "The image and its draws", said: `${name === "own" ? "an image of one's own" : name}, seed ${seed}: ${settings(it)}`,
      of: ["of", "flip", "crop", "rotate", "shift", "colour", "noise", "erase", "seed"],
      drawn: () => paint(element("canvas"), place, chosen, it, side, draws, PAPER.text),
      rows: () => [HEADS, ...cells.map(([k, u]) => [k + 1, ...theta(it.state, u).flat(), ...u.slice(7, 10).map(one => 1 + it.state.colour * (2 * one - 1)), ...(it.state.erase ? square(side, it.state.erase, u[10], u[11]) : ["", "", 0])])],
    }] : []
  }
  canvas.onkeydown = event => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key]
    if (by) it.change({ seed: 1 + ((it.state.seed - 1 + by + 9999) % 9999) })
  }
  let [loaded, of, chosen] = ["", null, null]
  return () => {
    if (images.dataset.of !== it.data.images.join()) {
      images.dataset.of = it.data.images.join()
      of = choice(it, "of", "Image", it.data.images.map(name => [name, name === "own" ? "yours" : name]))
      images.replaceChildren(of.box)
    }
    for (const part of [of, flip, ...sliders]) part.show()
    if (loaded !== it.data.image) {
      loaded = it.data.image
      pixels(loaded, side).then(found => { chosen = found; it.redraw() }, () => (said.textContent = "The image could not be read."))
    }
    if (!chosen) return
    place.style.aspectRatio = ""
    paint(canvas, place, chosen, it, side, draws)
    formulas(said, told(it))
  }
}

// The numbers of an image that came as text.
async function pixels(address, side) {
  const bytes = Uint8Array.from(atob(address.split(",")[1]), letter => letter.charCodeAt(0))
  const image = await createImageBitmap(new Blob([bytes], { type: "image/jpeg" }))
  const canvas = new OffscreenCanvas(side, side)
  const brush = canvas.getContext("2d")
  brush.drawImage(image, 0, 0, side, side)
  const found = brush.getImageData(0, 0, side, side).data
  return Float64Array.from({ length: side * side * 3 }, (_, i) => found[Math.floor(i / 3) * 4 + (i % 3)])
}

// All draws on one canvas; the first is the image as it is.
function paint(canvas, place, x, it, side, draws, colour = getComputedStyle(canvas).color) {
  const width = Math.max(240, place.clientWidth)
  const columns = width < 520 ? 3 : 4
  const rows = Math.ceil((draws + 1) / columns)
  const gap = 4
  const cell = Math.floor(Math.min((width - gap * (columns - 1)) / columns, (innerHeight * (width < 520 ? 0.9 : 0.6)) / rows))
  const sheet = new OffscreenCanvas(side, side)
  const brush = sheet.getContext("2d")
  const data = brush.createImageData(side, side)
  const sharp = Math.min(2, devicePixelRatio || 1)
  const [wide, high] = [columns * cell + gap * (columns - 1), rows * cell + gap * (rows - 1)]
  Object.assign(canvas, { width: wide * sharp, height: high * sharp })
  Object.assign(canvas.style, { width: `${wide}px`, height: `${high}px` })
  const big = canvas.getContext("2d")
  big.scale(sharp, sharp)
  for (let k = 0; k <= draws; k++) {
    const made = k ? augmented(x, side, it.state, it.state.seed, k - 1) : x
    for (let i = 0; i < side * side; i++) data.data.set([made[3 * i] + 0.5, made[3 * i + 1] + 0.5, made[3 * i + 2] + 0.5, 255], 4 * i)
    brush.putImageData(data, 0, 0)
    big.drawImage(sheet, (k % columns) * (cell + gap), Math.floor(k / columns) * (cell + gap), cell, cell)
  }
  big.lineWidth = 3
  big.strokeStyle = colour
  big.strokeRect(1.5, 1.5, cell - 3, cell - 3)
  canvas.setAttribute("aria-label", `The image as it is, and ${draws} draws by seed ${it.state.seed}. Left and right arrow keys draw others`)
  return canvas
}

const settings = ({ state }) => [`flip ${state.flip}`, ...SLIDERS.map(([name, label, said]) => `${label.replace(/, up to.*/, "").toLowerCase()} ${said(state[name])}`)].join(", ")

function told(it) {
  const { crop, rotate, colour, flip, seed, erase } = it.state
  const u = drawn(seed, 0)
  const lines = [`Framed: the image as it is, which evaluation sees. The seed ${seed} is in the link, and brings these draws again.`]
  const parts = []
  if (flip === "yes") parts.push(u[0] < 0.5 ? "flipped" : "not flipped")
  if (crop) parts.push(`cut to $${tex(1 - crop * u[1])}$ of its sides`)
  if (rotate) parts.push(`turned by $${tex(rotate * (2 * u[4] - 1), 2)}°$`)
  if (colour) parts.push(`brightness times $${tex(1 + colour * (2 * u[7] - 1))}$`)
  if (erase) parts.push(`$${tex(Math.round(erase * it.data.side))} \\times ${tex(Math.round(erase * it.data.side))}$ pixels grey`)
  lines.push(parts.length ? `The first draw beside it: ${parts.join(", ")}.` : "Nothing is changed now.")
  return lines
}
