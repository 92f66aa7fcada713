// Maps and images on canvases: what came as one picture is cut into its maps again.
import { element } from "./dom.js"
import { short } from "./scales.js"

const HIGHEST = 400 // px of a grid
const VIRIDIS = [[68, 1, 84], [59, 82, 139], [33, 145, 140], [94, 201, 98], [253, 231, 37]] // van der Walt, Smith 2015
const [COLD, WARM] = [[33, 102, 172], [216, 96, 21]]

export async function decoded(png) {
  const image = new Image()
  image.src = `data:image/png;base64,${png}`
  await image.decode()
  return image
}

// The maps of a sprite as numbers: each a Float32Array with its height and width.
export function tilesOf(image, { columns, low, high }, [, height, width]) {
  const canvas = new OffscreenCanvas(image.width, image.height)
  const brush = canvas.getContext("2d", { willReadFrequently: true })
  brush.drawImage(image, 0, 0)
  const { data } = brush.getImageData(0, 0, image.width, image.height)
  return low.map((least, i) => {
    const [left, top] = [(i % columns) * width, Math.floor(i / columns) * height]
    const values = new Float32Array(height * width)
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++) values[y * width + x] = least + (data[4 * ((top + y) * image.width + left + x)] / 255) * (high[i] - least)
    return { values, height, width, low: least, high: high[i] }
  })
}

const dark = it => luminance(getComputedStyle(it.frame).color) > 0.5
function luminance(colour) {
  const [r, g, b] = colour.match(/[\d.]+/g).map(Number)
  return (0.3 * r + 0.6 * g + 0.1 * b) / 255
}

function mixed(stops, t) {
  const at = Math.min(Math.max(t, 0), 1) * (stops.length - 1)
  const i = Math.min(Math.floor(at), stops.length - 2)
  return stops[i].map((v, k) => Math.round(v + (at - i) * (stops[i + 1][k] - v)))
}

// Blue and orange around zero where there are negative values, one ramp where there are none.
export function palette(it, low, high) {
  const middle = dark(it) ? [24, 30, 38] : [247, 247, 247]
  const ends = low < 0 ? Math.max(-low, high) || 1 : 0
  const stops = ends ? [COLD, middle, WARM] : VIRIDIS
  const [from, to] = ends ? [-ends, ends] : [Math.min(0, low), high > 0 ? high : 1]
  const colour = value => mixed(stops, (value - from) / (to - from))
  return { colour, low: short(from).replace("-", "−"), high: short(to), css: t => `rgb(${mixed(stops, t)})` }
}

export function paletteOf(it) {
  return palette(it, Math.min(...it.maps.low), Math.max(...it.maps.high))
}

// The scale of one map; where a map of the layer has negative values, all of them have zero in the middle.
function ofMap(it, { low, high }) {
  return palette(it, Math.min(...it.maps.low) < 0 ? Math.min(low, -Number.EPSILON) : low, high)
}

// A map in its own size, to be drawn larger.
export function painted({ values, height, width }, colour) {
  const canvas = new OffscreenCanvas(width, height)
  const brush = canvas.getContext("2d")
  const image = brush.createImageData(width, height)
  values.forEach((value, i) => image.data.set([...colour(value), 255].slice(0, 4), 4 * i))
  brush.putImageData(image, 0, 0)
  return canvas
}

export function sharp(canvas, width, height) {
  const scale = Math.min(devicePixelRatio || 1, 2)
  canvas.width = Math.round(width * scale)
  canvas.height = Math.round(height * scale)
  canvas.style.width = `${width}px`
  canvas.style.height = `${height}px`
  const brush = canvas.getContext("2d")
  brush.scale(scale, scale)
  brush.imageSmoothingEnabled = false
  return brush
}

export const accent = it => getComputedStyle(it.frame).getPropertyValue("--accent").trim() || "#0b5cad"

// All maps of the layer on one canvas; arrow keys go from one to the next.
export function drawGrid(it, { key, chosen }) {
  const { maps, state } = it
  const [, height, width] = it.about.layers.find(layer => layer.name === state.layer).shape
  const count = maps.order.length
  const room = it.width < 700 ? it.width - 8 : Math.max(240, it.width - (it.state.view === "maps" ? 620 : 350))
  const most = height * width === 1 ? 30 : Math.min(120, Math.max(76, 4 * height))
  const gap = 4
  let side = most
  while (side > 12 && Math.ceil(count / Math.max(1, Math.floor(room / (side + gap)))) * (side + gap) > HIGHEST) side--
  const columns = Math.max(1, Math.min(count, Math.floor(room / (side + gap))))
  const rows = Math.ceil(count / columns)
  const canvas = element("canvas", { tabindex: 0, "data-keep": key, role: "application", "aria-roledescription": "grid of maps" })
  const brush = sharp(canvas, columns * (side + gap), rows * (side + gap))
  const one = palette(it, Math.min(...maps.low), Math.max(...maps.high))
  maps.tiles.forEach((tile, i) => {
    const colours = state.alike || height * width === 1 ? one : ofMap(it, tile)
    const [x, y] = [(i % columns) * (side + gap) + gap / 2, Math.floor(i / columns) * (side + gap) + gap / 2]
    brush.drawImage(painted(tile, colours.colour), x, y, side, side)
    if (maps.order[i] === state.channel) outlined(brush, it, x, y, side, side)
  })
  const at = maps.order.indexOf(state.channel)
  canvas.setAttribute("aria-label", `Map ${state.channel}, number ${at + 1} of ${count} by activity. Arrow keys choose another.`)
  canvas.onclick = event => {
    const [column, row] = [Math.floor(event.offsetX / (side + gap)), Math.floor(event.offsetY / (side + gap))]
    const channel = maps.order[row * columns + column]
    if (column < columns && channel !== undefined) chosen(channel)
  }
  canvas.onkeydown = event => {
    const by = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns, Home: -at, End: count - 1 - at }[event.key]
    if (by === undefined) return
    event.preventDefault()
    const channel = maps.order[at + by]
    if (channel !== undefined) chosen(channel)
  }
  canvas.dataset.side = side + gap
  return canvas
}

function outlined(brush, it, x, y, width, height, line = 3) {
  brush.strokeStyle = accent(it)
  brush.lineWidth = line
  brush.strokeRect(x - line / 2 + 1, y - line / 2 + 1, width + line - 2, height + line - 2)
}

// One map, large; a click or the arrow keys choose a pixel.
export function drawMap(it, at, chosen) {
  const tile = it.maps.tiles[at] // of a large map the means of several values
  const [, height, width] = it.about.layers.find(layer => layer.name === it.state.layer).shape
  const side = Math.min(it.width < 700 ? it.width - 24 : 232, 232)
  const cell = side / Math.max(height, width)
  const canvas = element("canvas", { tabindex: 0, "data-keep": "map", role: "application", "aria-roledescription": "map" })
  const brush = sharp(canvas, cell * width, cell * height)
  const colours = it.state.alike ? paletteOf(it) : ofMap(it, tile)
  brush.drawImage(painted(tile, colours.colour), 0, 0, cell * width, cell * height)
  const { row, column } = it.state
  if (row !== null) {
    brush.strokeStyle = "#000"
    brush.lineWidth = 4
    brush.strokeRect(column * cell, row * cell, cell, cell)
    brush.strokeStyle = "#fff"
    brush.lineWidth = 2
    brush.strokeRect(column * cell, row * cell, cell, cell)
  }
  canvas.setAttribute("aria-label", row === null ? "Choose a pixel of this map: click it, or press an arrow key" : `Row ${row}, column ${column}. Arrow keys choose another pixel.`)
  canvas.onclick = event => chosen(inside(event.offsetY / cell, height), inside(event.offsetX / cell, width))
  canvas.onpointermove = event => {
    const [y, x] = [inside(event.offsetY / cell, height), inside(event.offsetX / cell, width)]
    const value = tile.values[Math.floor((y * tile.height) / height) * tile.width + Math.floor((x * tile.width) / width)]
    canvas.title = `row ${y}, column ${x}: about ${short(value)}`
  }
  canvas.onkeydown = event => {
    const by = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] }[event.key]
    if (!by) return
    event.preventDefault()
    if (row === null) return chosen(Math.floor(height / 2), Math.floor(width / 2))
    chosen(inside(row + by[0], height), inside(column + by[1], width))
  }
  return canvas
}

const inside = (value, size) => Math.min(Math.max(Math.floor(value), 0), size - 1)

// The image with what is looked at: a field with its heat, or a patch that hides.
export function drawImage(it, pixel, patch) {
  const [height, width] = it.about.shape.slice(1)
  const side = Math.min(it.width < 700 ? Math.min(it.width - 8, 264) : 296, 296)
  const cell = (it.cell = side / Math.max(height, width))
  const brush = sharp(it.image, cell * width, cell * height)
  brush.drawImage(it.picture, 0, 0, cell * width, cell * height)
  if (pixel) {
    const most = pixel.heat.high || 1
    brush.fillStyle = "rgb(0 0 0 / 45%)"
    brush.fillRect(0, 0, cell * width, cell * height)
    brush.drawImage(painted(pixel.heat, value => [255, 150, 30, Math.round(255 * Math.min(1, 0.85 * Math.sqrt(value / most)))]), 0, 0, cell * width, cell * height)
    const [top, left, bottom, right] = pixel.box
    const edges = [Math.max(left, 0), Math.max(top, 0), Math.min(right + 1, width), Math.min(bottom + 1, height)]
    brush.lineWidth = 5
    brush.strokeStyle = "#000"
    const frame = [edges[0] * cell + 2, edges[1] * cell + 2, (edges[2] - edges[0]) * cell - 4, (edges[3] - edges[1]) * cell - 4]
    brush.strokeRect(...frame)
    brush.lineWidth = 2.5
    brush.strokeStyle = "#fff"
    brush.strokeRect(...frame)
  }
  if (patch) {
    brush.fillStyle = "#7d7d7d"
    brush.fillRect(patch[1] * cell, patch[0] * cell, patch[3] * cell, patch[2] * cell)
    brush.lineWidth = 2
    brush.strokeStyle = accent(it)
    brush.strokeRect(patch[1] * cell, patch[0] * cell, patch[3] * cell, patch[2] * cell)
  }
}
