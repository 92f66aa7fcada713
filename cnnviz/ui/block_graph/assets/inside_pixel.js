// One element of a map: which inputs and weights made it, product by product, and where it looks.
import { element } from "./dom.js"
import { choose, layerOf } from "./inside.js"

const WRITTEN = 7 // rows and columns of a window whose numbers are written; larger ones are colours

export function fieldWords(it) {
  const [top, left, bottom, right] = it.pixel.box
  const [height, width] = it.about.shape.slice(1)
  const seen = it.pixel.looks
  const outside = top < 0 || left < 0 || bottom >= height || right >= width ? ", padding included" : ""
  const most = seen
    ? `Orange is what moves it here: ${seen[2] - seen[0] + 1} × ${seen[3] - seen[1] + 1} pixels with at least 1 % of the largest gradient.`
    : "No pixel moves it here: its gradient is zero, because a ReLU on the way is off."
  return `The white frame is its receptive field: ${bottom - top + 1} × ${right - left + 1} pixels${outside}. ${most}`
}

export function drawPixel(it) {
  const { state, pixel } = it
  const layer = layerOf(it)
  if (state.row === null) return []
  if (!pixel) return [element("section", { class: "why" })]
  const where = layer.flat ? `${state.layer}, number ${state.channel}` : `${state.layer}, map ${state.channel}, row ${state.row}, column ${state.column}`
  const head = element("h4", {}, `${where}: `, element("b", {}, number(pixel.value)))
  const parts = pixel.kind === "convolution" ? convolution(it) : pixel.kind === "fully connected" ? connected(it) : others(it)
  return [element("section", { class: "why", "aria-label": "What made it" }, head, ...parts)]
}

function convolution(it) {
  const { pixel } = it
  const part = pixel.parts[pixel.part] ?? pixel.parts[0]
  const chips = pixel.parts.map((one, i) => {
    const chip = element("button", { type: "button", class: "chip", "aria-pressed": one === part, "data-keep": `part${i}` }, element("span", {}, `${name(it, one.channel)} `), number(one.sum))
    chip.onclick = () => {
      pixel.part = i
      const made = drawPixel(it)[0]
      const old = it.panel.querySelector(".why")
      old.replaceWith(made)
      made.querySelector(`[data-keep=part${i}]`).focus({ preventScroll: true })
    }
    return chip
  })
  const products = part.inputs.map((row, y) => row.map((value, x) => value * part.weights[y][x]))
  const tables = element("div", { class: "tables" },
    grid(part.inputs, `Input, from row ${part.top}, column ${part.left}`, "input"), sign("×"),
    grid(part.weights, "Weights", "weight"), sign("="),
    grid(products, "Products", "product", (y, x) => `${number(part.inputs[y][x])} × ${number(part.weights[y][x])} = ${number(products[y][x])}`),
    sign("Σ"), element("b", { class: "sum" }, number(part.sum)))
  const one = pixel.parts.length === 1 && !pixel.others
  const read = part.inputs.length > WRITTEN || part.inputs[0].length > WRITTEN ? [reader(pixel, part, products, tables)] : []
  return [
    element("div", { class: "chips" }, element("span", {}, one ? "One input channel:" : "The sums of the input channels:"), ...chips, ...(pixel.others ? [element("span", {}, `and ${pixel.others} more: ${number(pixel.rest)}`)] : [])),
    tables,
    ...read,
    total(pixel),
  ]
}

// The numbers of one cell of windows that are too large for numbers in all of them.
function reader(pixel, part, products, tables) {
  const words = element("p", { class: "words reading", role: "status" })
  const all = [...tables.querySelectorAll("table")]
  const last = all.at(-1)
  const read = (y, x) => {
    pixel.read = [Math.min(Math.max(y, 0), products.length - 1), Math.min(Math.max(x, 0), products[0].length - 1)]
    const [i, j] = pixel.read
    words.textContent = `Row ${i}, column ${j} of the window: ${number(part.inputs[i][j])} × ${number(part.weights[i][j])} = ${number(products[i][j])}`
    for (const table of all) {
      table.querySelector(".marked")?.classList.remove("marked")
      table.rows[i].cells[j].classList.add("marked")
    }
  }
  for (const table of all) table.onclick = event => {
    const cell = event.target.closest("td")
    if (cell) read(cell.parentElement.rowIndex, cell.cellIndex)
  }
  last.tabIndex = 0
  last.dataset.keep = "products"
  last.setAttribute("aria-label", "Products. Arrow keys read them one by one")
  last.onkeydown = event => {
    const by = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] }[event.key]
    if (!by) return
    event.preventDefault()
    const [y, x] = pixel.read ?? [-by[0], -by[1]] // begins at the first
    read(y + by[0], x + by[1])
  }
  if (pixel.read) read(...pixel.read)
  else words.textContent = "Click a cell, or use arrow keys in the products, to read its numbers."
  return words
}

// An input channel: of the image by its colour.
function name(it, channel) {
  const { layers, shape } = it.about
  if (layerOf(it) !== layers[0]) return `map ${channel}`
  return shape[0] === 3 ? ["red", "green", "blue"][channel] : "the image"
}

function connected(it) {
  const { pixel } = it
  const rows = pixel.parts.map(part => element("tr", {}, ...[place(it, part.channel, pixel.parts.length + pixel.others), number(part.inputs[0][0]), "×", number(part.weights[0][0]), "=", number(part.sum)].map(text => element("td", {}, text))))
  return [
    element("div", { class: "scroll" }, element("table", { class: "terms", "aria-label": "The largest products" }, element("tbody", {}, ...rows))),
    ...(pixel.others ? [element("p", { class: "words" }, `and ${pixel.others.toLocaleString("en")} more products: ${number(pixel.rest)}`)] : []),
    total(pixel),
  ]
}

function others(it) {
  const { pixel } = it
  const [part] = pixel.parts
  const several = part.inputs.length * part.inputs[0].length > 1
  const largest = Math.max(...part.inputs.flat())
  const window = several ? [element("div", { class: "tables" }, grid(part.inputs, `Input, from row ${part.top}, column ${part.left}`, "input", null, pixel.kind === "max pooling" ? largest : null))] : []
  return [...window, element("p", { class: "rule" }, pixel.words), ...before(it)]
}

// What is worked out pixel by pixel leads back to the layer that it was worked out from.
function before(it) {
  const { layers } = it.about
  const here = layerOf(it)
  const last = layers[layers.indexOf(here) - 1]
  if (!last || last.shape.join() !== here.shape.join()) return []
  const go = element("button", { type: "button", "data-keep": "before" }, `‹ The same ${here.flat ? "number" : "pixel"} of ${last.name}`)
  go.onclick = () => choose(it, { layer: last.name })
  return [element("p", { class: "before" }, go)]
}

// An input of a fully connected layer, by its place in the maps before it.
function place(it, input, count) {
  const { layers } = it.about
  const last = layers[layers.indexOf(layerOf(it)) - 1]
  const [channels, height, width] = last?.shape ?? [0, 0, 0]
  if (channels * height * width !== count) return `input ${input}`
  if (height * width === 1) return `number ${input} of ${last.name}`
  const inside = input % (height * width)
  return `map ${Math.floor(input / (height * width))} of ${last.name}, row ${Math.floor(inside / width)}, column ${inside % width}`
}

function total(pixel) {
  const terms = pixel.parts.map(part => part.sum)
  if (pixel.others) terms.push(pixel.rest)
  const written = terms.length > 9 ? "all products" : terms.map((term, i) => (i ? `${term < 0 ? "− " : "+ "}${number(Math.abs(term))}` : number(term))).join(" ")
  const bias = pixel.bias ? ` ${pixel.bias < 0 ? "−" : "+"} bias ${number(Math.abs(pixel.bias))}` : ""
  const right = Math.abs(pixel.total - pixel.value) <= 1e-4 * Math.max(1, Math.abs(pixel.value))
  const words = right ? "✓ the network's own number" : `the network has ${number(pixel.value)}`
  return element("p", { class: "rule" }, `${written}${bias} = `, element("b", {}, number(pixel.total)), " ", element("span", { class: "check" }, words))
}

const sign = text => element("span", { class: "sign" }, text)

function grid(rows, caption, kind, said = null, marked = null) {
  const most = Math.max(1e-12, ...rows.flat().map(Math.abs))
  const written = rows.length <= WRITTEN && rows[0].length <= WRITTEN
  const cell = (value, y, x) => {
    const share = Math.round(70 * Math.abs(value) / most)
    const made = element("td", { style: `background:color-mix(in srgb, var(--${value < 0 ? "cold" : "warm"}) ${share}%, transparent)`, title: said ? said(y, x) : number(value) }, written ? number(value, 2) : "")
    if (marked !== null && value === marked) made.className = "marked"
    return made
  }
  const body = element("tbody", {}, ...rows.map((row, y) => element("tr", {}, ...row.map((value, x) => cell(value, y, x)))))
  return element("table", { class: `numbers ${kind}${written ? "" : " small"}` }, element("caption", {}, caption), body)
}

// Three significant digits, a real minus, no tail of zeros.
export function number(value, digits = 3) {
  const size = Math.abs(value)
  const text = size && (size < 1e-3 || size >= 1e5) ? value.toExponential(1) : String(Number(value.toPrecision(digits)))
  return text.replaceAll("-", "−")
}
