// What is on the page as files: its pictures side by side, and the numbers.
import { button, element, refill } from "./dom.js"
import { layerOf, sizes } from "./inside.js"
import { usualPatch } from "./inside_reasons.js"
import { download } from "./save.js"

export function drawFiles(it) {
  const query = more => new URL(`${it.data.address}/values.csv?${new URLSearchParams({ net: it.net, image: it.state.image, ...more })}`, document.baseURI)
  const net = it.net.replace(":", "")
  const name = `${net}-${it.state.layer}`
  const picture = button("PNG", "The picture as PNG", () => savePng(it, name))
  const links = numbers(it).map(([text, file, more]) => element("a", { href: query(more), download: `${file ? `${name}-${file}` : `${net}-predictions`}.csv` }, `${text}, CSV`))
  refill(it.files, "Save: ", picture, ...links)
}

// What has numbers in this view: [words, the end of the file's name, the question for it].
function numbers(it) {
  const { view, layer, channel, row, column, scales, off } = it.state
  const changed = scales.length || off.length
  const of = it.state.of ?? it.pass.predictions[0].index
  const filters = layerOf(it).filters
  return [
    ["this map", `map${channel}`, { layer, channel }],
    ...(view === "maps" && row !== null ? [["this number", `map${channel}-${row}x${column}`, { of: "pixel", layer, channel, row, column }]] : []),
    ...(view === "filters" && filters ? [["these filters", `filters-map${channel}`, { of: "filters", layer: filters, channel }]] : []),
    ...(view === "why" ? [["these reasons", `why-class${of}`, { of: "reasons", layer, class: of, size: it.state.size ?? usualPatch(it) }]] : []),
    ["predictions", "", {}],
    ...(view === "change" && changed ? [["changed predictions", "changed", { of: "changed", scale: scales.map(s => s.join(":")).join("~"), off: off.join("~") }]] : []),
  ]
}

// All pictures of the view side by side, with the words above them.
function savePng(it, name) {
  const canvases = [it.image, ...it.panel.querySelectorAll("canvas")]
  const gap = 16
  const extents = canvases.map(canvas => [canvas.width, canvas.height])
  const width = extents.reduce((sum, [w]) => sum + w + gap, gap)
  const height = Math.max(...extents.map(([, h]) => h)) + 60
  const canvas = element("canvas", { width, height })
  const brush = canvas.getContext("2d")
  const style = getComputedStyle(it.frame)
  brush.fillStyle = getComputedStyle(document.querySelector(".stApp") ?? document.body).backgroundColor
  brush.fillRect(0, 0, width, height)
  brush.fillStyle = style.color
  brush.font = `20px ${style.fontFamily}`
  brush.fillText(`${it.about.title}: ${it.pass.title}; ${it.state.layer}, ${sizes(it.about.layers.find(layer => layer.name === it.state.layer))}`, gap, 34)
  let x = gap
  canvases.forEach((part, i) => { brush.drawImage(part, x, 52); x += extents[i][0] + gap })
  canvas.toBlob(png => download(png, `${name}-${it.state.view}.png`))
}
