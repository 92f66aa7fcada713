// The weights of a layer as pictures, beside classic edge filters where they see the image.
import { element } from "./dom.js"
import { choose, layerOf } from "./inside.js"
import { accent, painted, palette, sharp, tilesOf } from "./inside_draw.js"
import { number } from "./inside_pixel.js"

const SIDE = 76 // px of a first filter
const ALIKE = 0.5 // a cosine below this is no likeness
const SMALL = 46 // of one of many kernels

// The filter that makes the chosen map, beside the map.
export function drawKernel(it) {
  const kernel = it.kernel
  const layer = layerOf(it)
  if (!kernel || layer.filters !== kernel.layer) return []
  const [count, channels, height, width] = kernel.shape
  const seen = kernel.colour ? "its weights in colour" : channels === 1 ? "its weights" : `its ${channels} kernels, one for each map before`
  const which = layer.name === kernel.layer ? "" : ` of ${kernel.layer}`
  const pictures = tilesFrom(kernel, kernel.colour || channels === 1 ? [Math.min(it.state.channel, count - 1)] : null)
  const room = pictures.length === 1 ? SIDE : Math.max(14, Math.min(SMALL, Math.floor(Math.sqrt(232 * 120 / pictures.length)) - 3))
  return [
    element("p", { class: "words" }, `Filter ${it.state.channel}${which}, ${height} × ${width} × ${channels}: ${seen}`),
    sheet(it, pictures, { side: room, across: 232, name: `Filter ${it.state.channel}` }),
  ]
}

// Every picture of an answer: colours as they came, others as numbers.
function tilesFrom(filters, only) {
  const [, , height, width] = filters.shape
  if (filters.colour) {
    const count = filters.shape[0]
    return [...Array(count).keys()].filter(i => !only || only.includes(i)).map(i => ({ image: filters.image, x: (i % filters.columns) * width, y: Math.floor(i / filters.columns) * height, width, height }))
  }
  const tiles = tilesOf(filters.image, filters, [0, height, width])
  return only ? only.map(i => tiles[i]) : tiles
}

function sheet(it, tiles, { side, across, name, chosen = -1, pick = null, labels = [] }) {
  const gap = 4
  const below = labels.length ? 30 : 0
  const cell = labels.length ? Math.max(side, 92) : side
  const columns = Math.max(1, Math.min(tiles.length, Math.floor(across / (cell + gap))))
  const rows = Math.ceil(tiles.length / columns)
  const canvas = element("canvas", { role: pick ? "application" : "img", "aria-label": name, ...(pick ? { tabindex: 0, "data-keep": "filters" } : {}) })
  const brush = sharp(canvas, columns * (cell + gap), rows * (side + gap + below))
  brush.font = `12px ${getComputedStyle(it.frame).fontFamily}`
  brush.textAlign = "center"
  tiles.forEach((tile, i) => {
    const x = (i % columns) * (cell + gap) + (cell - side) / 2 + gap / 2
    const y = Math.floor(i / columns) * (side + gap + below) + gap / 2
    if (tile.image) brush.drawImage(tile.image, tile.x, tile.y, tile.width, tile.height, x, y, side, side)
    else brush.drawImage(painted(tile, palette(it, Math.min(tile.low, -1e-9), tile.high).colour), x, y, side, side)
    if (i === chosen) {
      brush.strokeStyle = accent(it)
      brush.lineWidth = 3
      brush.strokeRect(x - 0.5, y - 0.5, side + 1, side + 1)
    }
    brush.fillStyle = getComputedStyle(it.frame).color
    ;(labels[i] ?? []).forEach((line, k) => brush.fillText(line, x + side / 2, y + side + 13 + 13 * k))
  })
  if (pick) {
    canvas.onclick = event => {
      const i = Math.floor(event.offsetY / (side + gap + below)) * columns + Math.floor(event.offsetX / (cell + gap))
      if (i < tiles.length) pick(i)
    }
    canvas.onkeydown = event => {
      const by = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns }[event.key]
      if (!by) return
      event.preventDefault()
      if (chosen + by >= 0 && chosen + by < tiles.length) pick(chosen + by)
    }
  }
  return canvas
}

export function drawFilters(it) {
  const { filters } = it
  const layer = layerOf(it)
  if (!layer.filters) return [element("p", { class: "words" }, `${layer.name} comes after a fully connected layer, which has a weight for every input and no filters.`)]
  if (!filters || filters.layer !== layer.filters) return [element("p", { class: "words" }, "…")]
  const [count, channels, height, width] = filters.shape
  const across = it.width < 700 ? it.width - 8 : it.width - 350
  const weights = (count * channels * height * width).toLocaleString("en")
  const head = `${filters.layer}: ${count} filters of ${height} × ${width} × ${channels}, ${weights} weights.`
  const pick = channel => choose(it, { channel })
  const chosen = it.state.channel
  if (filters.channel !== null) {
    const side = Math.max(16, Math.min(64, Math.floor(Math.sqrt((across * 380) / channels)) - 4))
    return [
      element("p", { class: "words" }, `${head} Here is filter ${filters.channel}: one kernel for each of the ${channels} maps before. Blue is negative, orange positive.`),
      picker(it, count),
      sheet(it, tilesFrom(filters), { side, across, name: `The ${channels} kernels of filter ${filters.channel}` }),
    ]
  }
  const labels = (filters.matches ?? []).map(([name, alike]) => [name, `${alike.toFixed(2)}`])
  const match = filters.matches?.[chosen]
  const words = filters.colour
    ? "Each sees the image's three colours at once; grey is zero."
    : "Each sees the image itself. Blue is negative, orange positive."
  const parts = [
    element("p", { class: "words" }, `${head} ${words}`),
    sheet(it, tilesFrom(filters), { side: SIDE, across, chosen, pick, labels, name: `Filter ${chosen} of ${count}${match ? `, most like ${match[0]}, cosine ${match[1].toFixed(2)}` : ""}. Arrow keys choose another.` }),
  ]
  if (filters.classic) {
    const classic = { ...filters, ...filters.classic, image: filters.classics, colour: false }
    const named = filters.classic.names
    parts.push(
      element("p", { class: "words" }, match
        ? `Filter ${chosen}, looked at as grey, is ${match[1] < ALIKE ? "not much like any of these; most" : "most"} like ${match[0]}: the cosine of the angle between the two is ${match[1].toFixed(2)} (1: the same but for its size and sign). Classic kernels of the same size:`
        : "Classic kernels of the same size:"),
      sheet(it, tilesOf(classic.image, classic, [0, height, width]), { side: 56, across, chosen: match ? named.indexOf(match[0]) : -1, labels: named.map(name => name.includes(" (") ? name.split(" (").map((part, i) => (i ? `(${part}` : part)) : [name]), name: `Classic kernels: ${named.join(", ")}` }),
    )
  }
  return parts
}

function picker(it, count) {
  const input = element("input", { type: "number", min: 0, max: count - 1, value: it.filters.channel, "data-keep": "filter" })
  const rule = element("span", { role: "status" })
  input.onchange = () => {
    const value = Math.round(Number(input.value))
    if (input.value !== "" && value >= 0 && value < count) return choose(it, { channel: value })
    rule.textContent = `Filter is a whole number from 0 to ${count - 1}.`
    input.value = it.filters.channel
  }
  return element("p", { class: "fields" }, element("label", {}, "Filter ", input), rule, element("span", {}, `weights from ${number(Math.min(...it.filters.low))} to ${number(Math.max(...it.filters.high))}`))
}
