// Counts of a fully connected layer and of a convolution on one image; below, a small convolution as the matrix that a
// fully connected layer would have, multiplied out beside the moving window.
import { cells } from "./files.js"
import { action, bounded, choice, counter, element, fill, formulas, handle, slider, stage, svg } from "./kit.js"
import { frame, grid, title } from "./grids.js"
import { put, tex } from "./tex.js"

const KERNEL = 3
const LETTERS = "abcdefghi"
const sum = numbers => numbers.reduce((a, b) => a + b, 0)
const whole = n => Math.round(n).toLocaleString("en")
const tall = n => whole(n).replaceAll(",", "{,}")

export const connected = ({ size, channels, units }) => (size * size * channels + 1) * units
export const shared = ({ f, channels, filters }) => (f * f * channels + 1) * filters

// A row for each output, a column for each pixel.
export function matrix(kernel, side) {
  const count = side - KERNEL + 1
  return Array.from({ length: count * count }, (_, row) => Array.from({ length: side * side }, (_, column) => {
    const [i, j] = [Math.floor(column / side) - Math.floor(row / count), (column % side) - (row % count)]
    return kernel[i]?.[j] ?? 0
  }))
}

// Which weight of the kernel stands there: 0 to 8, or -1.
function place9(row, column, side) {
  const count = side - KERNEL + 1
  const [i, j] = [Math.floor(column / side) - Math.floor(row / count), (column % side) - (row % count)]
  return i >= 0 && j >= 0 && i < KERNEL && j < KERNEL ? i * KERNEL + j : -1
}

export const convolved = (x, kernel) => {
  const count = x.length - KERNEL + 1
  return Array.from({ length: count }, (_, i) => Array.from({ length: count }, (_, j) => sum(kernel.flatMap((line, a) => line.map((w, b) => w * x[i + a][j + b])))))
}

export default function make(it) {
  const { cases, kernels, bounds } = it.data
  const presets = cases.map(one => [one, action(one.title, () => it.change({ size: one.size, channels: one.channels, units: one.units, f: one.kernel, filters: one.filters }), `Count on ${one.title}`)])
  const labels = [["size", "$n_H = n_W$"], ["channels", "Channels $n_C$"], ["units", "Units"], ["f", "Kernel $f$"], ["filters", "Filters"]]
  const sliders = labels.map(([name, label]) => counter(it, name, label, bounds[name]))
  const [counts, bars] = [element("div", { class: "formulas" }), element("div", { class: "bars" })]
  const top = element("div", { class: "both counts" }, element("div", { class: "side" }, element("div", { class: "buttons" }, element("span", {}, "Image "), ...presets.map(([, press]) => press)), element("div", { class: "pairs" }, ...sliders.map(part => part.box))), element("div", { class: "side" }, counts, bars))
  const bar = [
    choice(it, "layer", "The matrix of a", [["convolution", "convolution"], ["fully connected", "fully connected layer"]]),
    choice(it, "kernel", "Kernel", Object.keys(kernels).map(name => [name, name])),
  ]
  const side = slider(it, "side", "Image", { least: bounds.side[0], most: bounds.side[1], said: n => `${n}×${n}` })
  const [place, said] = [element("div", { class: "picture" }), element("div", { class: "formulas" })]
  const draw = stage(place, "drag pan")
  const layout = hold(it, place.firstChild)
  it.frame.append(top, element("div", { class: "bar second" }, ...bar.map(part => part.box), side.box), place, said)
  it.files = () => files(it, place)
  return () => {
    for (const part of [...sliders, ...bar, side]) part.show()
    for (const [one, press] of presets) press.setAttribute("aria-pressed", String([["size", "size"], ["channels", "channels"], ["units", "units"], ["f", "kernel"], ["filters", "filters"]].every(([mine, its]) => it.state[mine] === one[its])))
    counted(it, counts, bars)
    Object.assign(layout, drawn(it, place, draw, said))
  }
}

function files(it, place) {
  const { size, channels, units, f, filters, layer, kernel: name, side, row } = it.state
  const [full, few] = [connected(it.state), shared(it.state)]
  const kernel = it.data.kernels[name]
  const x = it.data.pixels.slice(0, side).map(line => line.slice(0, side))
  const count = side - KERNEL + 1
  const heads = x.flatMap((line, i) => line.map((_, j) => `pixel ${i + 1},${j + 1}`))
  const now = Math.min(row, count ** 2 - 1)
  return [
    {
      name: "counts", label: "Parameters of both", said: `${size}×${size}×${channels}; ${units} units, or ${filters} filters of ${f}×${f}; on a logarithmic scale`, of: ["size", "channels", "units", "f", "filters"],
      drawn: () => drawnCounts(full, few),
      rows: () => [["layer", "parameters"], ["fully connected", full], ["convolution", few]],
    },
    {
      name: "matrix", label: "A layer as a matrix", said: layer === "convolution" ? `${name}; row ${now + 1} is framed` : "every weight is its own", of: ["layer", ...(layer === "convolution" ? ["kernel"] : []), "side", ["row", now + 1]], place,
      rows: layer === "convolution" ? () => [["output", ...heads], ...matrix(kernel, side).map((line, k) => [`${Math.floor(k / count) + 1},${(k % count) + 1}`, ...line])] : null,
    },
    {
      name: "window", label: "The same by a moving window", of: ["kernel", "side"],
      rows: () => [["grid", "row", "column", "value"], ...cells("image", x), ...cells("kernel", kernel), ...cells("output", convolved(x, kernel))],
    },
  ]
}

const MOST = Math.log10(512 * 1e6 * 1e4) // of the bars, which are logarithmic

// The bars as a picture: on the page they are no drawing.
function drawnCounts(full, few) {
  const [width, high] = [520, 26]
  const made = svg("svg", { viewBox: `0 0 ${width} ${2 * high + 8}` })
  ;[["fully connected", full, 1], ["convolution", few, 0]].forEach(([name, n, colour], i) => {
    const y = i * (high + 8)
    made.append(svg("rect", { x: 0, y, width, height: high, style: "fill:var(--st-secondary-background-color)" }))
    made.append(svg("rect", { x: 0, y, width: (width * Math.log10(n + 1)) / MOST, height: high, style: `fill:var(--c${colour});fill-opacity:0.35` }))
    made.append(svg("text", { x: 8, y: y + 18, "font-size": 14 }, `${name}: ${whole(n)} parameters`))
  })
  return made
}

function counted(it, place, bars) {
  const { size, channels, units, f, filters } = it.state
  const [full, few] = [connected(it.state), shared(it.state)]
  const made = f > size ? "The kernel is larger than this image." : `The convolution makes $${size - f + 1} \\times ${size - f + 1} \\times ${filters} = ${tall((size - f + 1) ** 2 * filters)}$ numbers of it, the other layer ${whole(units)}.`
  formulas(place, [
    `fully connected: $(n_H n_W n_C + 1) \\cdot \\text{units} = (${tall(size)} \\cdot ${tall(size)} \\cdot ${channels} + 1) \\cdot ${tall(units)} = \\mathbf{${tall(full)}}$`,
    `convolution: $(f \\cdot f \\cdot n_C + 1) \\cdot \\text{filters} = (${f} \\cdot ${f} \\cdot ${channels} + 1) \\cdot ${filters} = \\mathbf{${tall(few)}}$`,
    ...(it.data.large ? [] : [`About ${whole(full / few)} times as many; the bars are logarithmic. ${made}`]),
  ])
  fill(bars, [full, few], () => [["fully connected", full, 1], ["convolution", few, 0]].map(([name, n, colour]) =>
    element("div", {}, element("i", { style: `width:${(100 * Math.log10(n + 1)) / MOST}%;background:var(--c${colour})` }), element("span", {}, `${name}: ${whole(n)} parameters`))))
}

// A row of the matrix, or an output, is picked by pointing at it; arrow keys step through the outputs.
function hold(it, picture) {
  const layout = {}
  const count = () => it.state.side - KERNEL + 1
  const set = row => it.change({ row: bounded(row, 0, count() ** 2 - 1) })
  const inside = ([x, y, w, h], px, py) => px >= x && py >= y && px < x + w && py < y + h
  const place = (px, py) => {
    const { rows, output, input } = layout
    if (inside(rows, px, py)) set(Math.floor(((py - rows[1]) / rows[3]) * count() ** 2))
    else if (inside(output, px, py)) set(Math.floor(((py - output[1]) / output[3]) * count()) * count() + Math.floor(((px - output[0]) / output[2]) * count()))
    else if (inside(input, px, py)) {
      const at = (p, from, long) => bounded(Math.floor(((p - from) / long) * it.state.side) - 1, 0, count() - 1)
      set(at(py, input[1], input[3]) * count() + at(px, input[0], input[2]))
    }
  }
  handle(picture, { role: "application", label: "", place, step: (dx, dy) => set(Math.min(it.state.row, count() ** 2 - 1) + Math.sign(dx) - Math.sign(dy) * count()) })
  return layout
}

function drawn(it, place, draw, said) {
  const { side, layer } = it.state
  const kernel = it.data.kernels[it.state.kernel]
  const x = it.data.pixels.slice(0, side).map(row => row.slice(0, side))
  const count = side - KERNEL + 1
  const row = Math.min(it.state.row, count ** 2 - 1)
  const [i, j] = [Math.floor(row / count), row % count]
  const weights = matrix(kernel, side)
  const made = convolved(x, kernel)
  const product = weights.map(line => sum(line.map((w, k) => w * x.flat()[k])))
  const differs = Math.max(...product.map((value, k) => Math.abs(value - made.flat()[k])))

  const size = it.data.large ? 17 : 13
  const width = Math.max(280, Math.floor(place.clientWidth))
  const narrow = width < 620
  const top = size * 1.7
  const small = narrow ? Math.min(24, (width - 40) / (side + count + 1)) : Math.min(32, 190 / side, (width * 0.3) / side)
  const grids = narrow ? 0 : small * side + 34
  const cell = Math.min((width - 2 * grids - 4) / side ** 2, narrow ? 30 : Math.max(11, (it.data.large ? 215 : 250) / count ** 2))
  const left = narrow ? 1 : grids
  const down = narrow ? top + small * side + size * 2.4 : top
  const dense = layer === "fully connected"
  const shade = value => Math.min(1, Math.abs(value) / 9)
  const common = { size, shade, text: value => String(value).replace("-", "−") }
  const out = narrow ? [1 + small * (side + 1), top] : [left + cell * side ** 2 + 34, top]
  const rect = { input: [1, top, small * side, small * side], rows: [left, down, cell * side ** 2, cell * count ** 2], output: [...out, small * count, small * count] }
  const high = Math.max(down + cell * count ** 2, top + small * side) + size * 1.6
  draw(width, Math.ceil(high), size,
    title(1, size, `Image, ${side}×${side}`), grid(x, { x: 1, y: top, cell: small, ...common }), frame(1, top, small, dense ? [0, 0, side, side] : [i, j, KERNEL, KERNEL], "picked"),
    title(left, down - size * 0.6, `Weights: ${count ** 2} outputs × ${side ** 2} pixels`), band(weights, { left, down, cell, side, size, dense, row }),
    title(out[0], size, `Output, ${count}×${count}`), grid(made, { x: out[0], y: out[1], cell: small, ...common, shade: value => (dense ? 0 : Math.min(1, Math.abs(value) / 60)), text: dense ? () => "" : common.text }), frame(out[0], out[1], small, [i, j, 1, 1], "picked"))
  place.firstChild.setAttribute("aria-label", dense ? `${count ** 2 * side ** 2} weights, each its own` : `Output ${i}, ${j}. Matrix times image: ${product.join(" ")}. Moving window: ${made.flat().join(" ")}. Largest difference: ${differs}`)
  formulas(said, told({ weights, x, row, i, j, product, made, differs, side, count, dense, kernel }))
  return rect
}

// The matrix: what is shared has one colour and letter wherever it stands.
function band(weights, { left, down, cell, side, size, dense, row }) {
  const made = svg("g", {})
  made.append(svg("rect", { class: "cell", x: left, y: down, width: cell * side ** 2, height: cell * weights.length, fill: "none" }))
  weights.forEach((line, r) => line.forEach((_, c) => {
    const at = place9(r, c, side)
    if (at < 0 && !dense) return
    const hue = dense ? (r * 137 + c * 61) % 360 : at * 40
    made.append(svg("rect", { x: left + c * cell, y: down + r * cell, width: cell, height: cell, class: "weight", style: `fill:color-mix(in oklab, hsl(${hue} 70% 50%) ${dense ? 35 : 55}%, var(--st-background-color))` }))
    if (!dense && cell >= 12) made.append(svg("text", { x: left + (c + 0.5) * cell, y: down + (r + 0.5) * cell + 4, "text-anchor": "middle", "font-size": Math.min(size, cell * 0.75) }, LETTERS[at]))
  }))
  made.append(svg("rect", { class: "picked", x: left, y: down + row * cell, width: cell * side ** 2, height: cell }))
  return made
}

function told({ x, row, i, j, product, made, differs, side, count, dense, kernel }) {
  const weights = count ** 2 * side ** 2
  if (dense) return [`Every one of $${count ** 2} \\times ${side ** 2} = ${weights}$ weights is its own, and a unit sees the whole image: nothing that was learned in one place is known in another.`, `A convolution with 9 weights is one of these matrices: $${weights - 9 * count ** 2}$ of the weights are 0, and the other $${9 * count ** 2}$ are 9 numbers.`]
  const terms = kernel.flatMap((line, a) => line.map((w, b) => [w, x[i + a][j + b]])).filter(([w]) => w)
  const filled = terms.map(([w, value]) => `${put(w)} \\cdot ${value}`).join(" + ")
  return [
    `Row ${row + 1} of the matrix times the image: $${filled} = ${tex(product[row])}$, and the window there: $${tex(made[i][j])}$. All ${count ** 2} outputs, worked out both ways: largest difference ${differs}.`,
    `$${count ** 2} \\times ${side ** 2} = ${weights}$ places, $${weights - 9 * count ** 2}$ of them always 0 (local connection), the other $${9 * count ** 2}$ hold 9 numbers, a to i (parameter sharing).`,
  ]
}
