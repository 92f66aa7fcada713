// The maps of a layer, one of them large, and what made one of its pixels.
import { element } from "./dom.js"
import { choose, layerOf } from "./inside.js"
import { drawGrid, drawMap, paletteOf } from "./inside_draw.js"
import { drawKernel } from "./inside_filters.js"
import { drawPixel, number } from "./inside_pixel.js"

export function drawMaps(it) {
  const { maps, state } = it
  const layer = layerOf(it)
  const alike = element("input", { type: "checkbox", role: "switch" })
  alike.checked = Boolean(state.alike)
  alike.dataset.keep = "alike"
  alike.onchange = () => choose(it, { alike: alike.checked })
  const words = layer.flat
    ? `${layer.shape[0]} numbers, the largest first. Each is one square.`
    : `${layer.shape[0]} maps, the most active first. Click one, then one of its pixels.`
  const grid = drawGrid(it, { key: "grid", chosen: channel => choose(it, { channel, row: layer.flat ? 0 : state.row, column: layer.flat ? 0 : state.column }) })
  const large = element("div", { class: "one" }, ...oneMap(it))
  return [
    element("p", { class: "words" }, words, ...(layer.flat ? [] : [element("label", { class: "switch" }, alike, "one scale for all maps")]), legend(it)),
    element("div", { class: "maps" }, element("div", { class: "grid" }, grid), large),
    ...drawPixel(it),
  ]
}

function legend(it) {
  const palette = paletteOf(it)
  const stops = [0, 0.25, 0.5, 0.75, 1].map(t => palette.css(t)).join(",")
  return element("span", { class: "scale" }, palette.low, element("i", { style: `background:linear-gradient(90deg,${stops})` }), palette.high)
}

function oneMap(it) {
  const { state, maps } = it
  const layer = layerOf(it)
  const at = maps.order.indexOf(state.channel)
  if (at < 0) return []
  const rule = element("p", { class: "words", role: "status" })
  const field = (label, name, last) => {
    const input = element("input", { type: "number", min: 0, max: last, value: state[name] ?? "", "aria-label": label, "data-keep": name })
    input.onchange = () => {
      const value = Math.round(Number(input.value))
      if (input.value !== "" && value >= 0 && value <= last) return choose(it, { row: state.row ?? 0, column: state.column ?? 0, [name]: value })
      rule.textContent = input.value === "" ? "" : `${label} is a whole number from 0 to ${last}, got ${input.value}.`
      input.value = state[name] ?? ""
    }
    return element("label", {}, `${label} `, input)
  }
  const head = element("p", { class: "fields" }, field(layer.flat ? "Number" : "Map", "channel", layer.shape[0] - 1))
  if (layer.flat) return [head, rule, element("p", { class: "words" }, number(maps.high[at]))]
  head.append(field("Row", "row", layer.shape[1] - 1), field("Column", "column", layer.shape[2] - 1))
  const map = drawMap(it, at, (row, column) => choose(it, { row, column }))
  const tile = maps.tiles[at]
  const means = tile.height < layer.shape[1] ? `drawn as ${tile.height} × ${tile.width} means, ` : ""
  return [head, rule, map, element("p", { class: "words" }, `${means}from ${number(maps.low[at])} to ${number(maps.high[at])}, mean size ${number(maps.activity[at])}`), ...(state.row === null ? drawKernel(it) : [])]
}
