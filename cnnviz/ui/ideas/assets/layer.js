// One layer of a convolutional network on a small image: the window's sum on each channel, the bias, the activation.
// Below, the sizes and parameters of any layer.
import { bounded, choice, counter, element, formulas, handle, slider, stage, svg } from "./kit.js"
import { frame, grid, title } from "./grids.js"
import { plain, put, tex } from "./tex.js"

const sum = numbers => numbers.reduce((a, b) => a + b, 0)
const tall = n => n.toLocaleString("en").replaceAll(",", "{,}")
const minus = n => String(n).replace("-", "−")
const WRITTEN = { ReLU: z => `\\max(0, ${tex(z)})`, sigmoid: z => `\\frac{1}{1 + e^{-${put(z)}}}`, tanh: z => `\\tanh(${tex(z)})`, none: tex }

export const ACTIVATIONS = { ReLU: z => Math.max(0, z), sigmoid: z => 1 / (1 + Math.exp(-z)), tanh: Math.tanh, none: z => z }

// What each channel adds to each number that comes out: channels x rows x columns.
export function sums(kernels, image) {
  return kernels.map((kernel, c) => {
    const count = image[c].length - kernel.length + 1
    return Array.from({ length: count }, (_, i) => Array.from({ length: count }, (_, j) => sum(kernel.flatMap((line, a) => line.map((w, b) => w * image[c][i + a][j + b])))))
  })
}

// z and a of one filter.
export function layer(kernels, image, bias, activation) {
  const parts = sums(kernels, image)
  const z = parts[0].map((row, i) => row.map((_, j) => sum(parts.map(part => part[i][j])) + bias))
  return { parts, z, a: z.map(row => row.map(ACTIVATIONS[activation])) }
}

export const size = ({ n, f, p, s }) => Math.floor((n + 2 * p - f) / s) + 1
export const parameters = ({ f, c, k }) => (f * f * c + 1) * k

const names = it => Object.keys(it.data.filters)
const biasOf = (it, name) => it.state[`b${names(it).indexOf(name) + 1}`]
const worked = (it, name) => layer(it.data.filters[name], it.data.image, biasOf(it, name), it.state.g)

export default function make(it) {
  const { activations, bounds } = it.data
  const bar = [choice(it, "filter", "Filter", names(it).map(name => [name, name])), choice(it, "g", "Activation g", activations.map(name => [name, name]))]
  const biases = names(it).map((name, i) => slider(it, `b${i + 1}`, `Bias $b_${i + 1}$ (${name})`, { least: bounds[`b${i + 1}`][0], most: bounds[`b${i + 1}`][1], said: minus }))
  const labels = [["n", "$n_H = n_W$"], ["c", "Channels in"], ["f", "Filter size $f$"], ["p", "Padding $p$"], ["s", "Stride $s$"], ["k", "Filters"]]
  const sizes = labels.map(([name, label]) => (bounds[name][1] > 20 ? counter(it, name, label, bounds[name]) : slider(it, name, label, { least: bounds[name][0], most: bounds[name][1] })))
  const [place, said, counts] = [element("div", { class: "picture" }), element("div", { class: "formulas" }), element("div", { class: "formulas" })]
  const draw = stage(place, "drag pan")
  const layout = hold(it, place.firstChild)
  const below = element("div", { class: "both second" }, element("div", { class: "side" }, ...biases.map(part => part.box), said), element("div", { class: "side" }, element("div", { class: "pairs" }, ...sizes.map(part => part.box)), counts))
  it.frame.append(element("div", { class: "bar" }, ...bar.map(part => part.box)), place, below)
  it.files = () => files(it, place)
  return () => {
    for (const part of [...bar, ...biases, ...sizes]) part.show()
    const now = worked(it, it.state.filter)
    Object.assign(layout, drawn(it, place, draw, now))
    formulas(said, told(it, now))
    formulas(counts, counted(it))
  }
}

// A cell of a map that comes out is picked by pointing at it, a window by pointing at the image.
function hold(it, picture) {
  const layout = { maps: [], inputs: [] }
  const last = () => it.data.image[0].length - it.data.filters[it.state.filter][0].length
  const set = (row, column, more = {}) => it.change({ row: bounded(row, 0, last()), column: bounded(column, 0, last()), ...more })
  const cellAt = ({ x, y, cell }, px, py) => [Math.floor((py - y) / cell), Math.floor((px - x) / cell)]
  const place = (px, py) => {
    for (const [grids, back, end] of [[layout.maps, 0, last()], [layout.inputs, 1, it.data.image[0].length - 1]]) {
      for (const one of grids) {
        const [i, j] = cellAt(one, px, py)
        if (i >= 0 && j >= 0 && i <= end && j <= end) return set(i - back, j - back, one.filter ? { filter: one.filter } : {})
      }
    }
  }
  handle(picture, { role: "application", label: "", place, step: (dx, dy) => set(it.state.row - Math.sign(dy), it.state.column + Math.sign(dx)) })
  return layout
}

function drawn(it, place, draw, now) {
  const { image, channels, filters } = it.data
  const { row, column, filter, g } = it.state
  const kernels = filters[filter]
  const [side, f] = [image[0].length, kernels[0].length]
  const count = side - f + 1
  const size = it.data.large ? 18 : 13
  const width = Math.max(280, Math.floor(place.clientWidth))
  const narrow = width < 760
  const top = size * 1.9
  const gap = size * 1.7
  const most = it.data.large ? Math.max(28, Math.min(46, (innerHeight - 450) / (side + f))) : 36 // the formulas below are to be seen, too
  const cell = narrow ? Math.min(26, (width - gap) / (side + f + 0.5)) : Math.min(most, (width - gap * 5) / (side * channels.length + count * 2))
  const parts = []
  const layout = { maps: [], inputs: [] }
  const common = { cell, size, text: minus }
  const lay = (name, values, x, y, more) => parts.push(title(x, y - size * 0.55, name), grid(values, { x, y, ...common, ...more }))
  channels.forEach((channel, c) => {
    const [x, y] = narrow ? [1, top + c * (side * cell + gap)] : [1 + c * (side * cell + gap), top]
    lay(channel, image[c], x, y, { shade: value => value / 9, colour: ["--c5", "--c2", "--c0"][c] })
    parts.push(frame(x, y, cell, [row, column, f, f], "picked"))
    layout.inputs.push({ x, y, cell })
    const [u, v] = narrow ? [x + side * cell + gap * 0.6, y + cell] : [x, y + side * cell + gap]
    lay("its kernel", kernels[c], u, v, { shade: value => Math.abs(value) / 2, colour: "--c1" })
    const told = `Σ = ${minus(now.parts[c][row][column])}`
    parts.push(svg("text", narrow ? { x: u, y: v + f * cell + size * 1.3 } : { x: u + f * cell + size * 0.7, y: v + f * cell * 0.5 + size * 0.35 }, told))
  })
  const right = narrow ? 1 : 1 + channels.length * (side * cell + gap)
  const down = narrow ? top + channels.length * (side * cell + gap) : top
  const shade = value => Math.min(1, Math.abs(value) / 30)
  const step = count * cell + gap
  names(it).forEach((name, k) => {
    const { z, a } = worked(it, name)
    const y = down + k * step
    for (const [m, [head, values]] of [[`z, filter ${k + 1}`, z], [g === "none" ? "a = z" : `a = ${g}(z)`, a]].entries()) {
      const x = right + m * step
      lay(head, values, x, y, { shade, text: short })
      if (name === filter) parts.push(frame(x, y, cell, [row, column, 1, 1], "picked"))
      layout.maps.push({ x, y, cell, filter: name })
    }
  })
  const high = Math.max(down + names(it).length * step, narrow ? 0 : top + (side + f) * cell + gap) + 2
  draw(width, Math.ceil(high), size, ...parts)
  place.firstChild.setAttribute("aria-label", `Row ${row + 1}, column ${column + 1} of ${filter}: sums ${channels.map((channel, c) => `${channel} ${now.parts[c][row][column]}`).join(", ")}; z ${now.z[row][column]}, a ${plain(now.a[row][column])}. All of z: ${now.z.map(line => line.join(" ")).join("; ")}. Arrow keys move the window`)
  return layout
}

// What there is to save: the picture with its numbers, and the counts.
function files(it, place) {
  const { channels } = it.data
  const { b1, b2, g } = it.state
  const numbers = names(it).flatMap(name => {
    const { parts, z, a } = worked(it, name)
    return z.flatMap((row, i) => row.map((value, j) => [name, i + 1, j + 1, ...parts.map(part => part[i][j]), biasOf(it, name), value, a[i][j]]))
  })
  return [
    {
      name: "maps", label: "The layer's maps", said: `activation ${g}, biases ${minus(b1)} and ${minus(b2)}; the window at row ${it.state.row + 1}, column ${it.state.column + 1}`, of: ["filter", "row", "column", "b1", "b2", "g"], place,
      rows: () => [["filter", "row", "column", ...channels, "bias", "z", "a"], ...numbers],
    },
    {
      name: "counts", label: "Sizes and parameters", of: ["n", "c", "f", "p", "s", "k"],
      rows: () => [["n", "channels", "f", "p", "s", "filters", "rows out", "parameters"], [...["n", "c", "f", "p", "s", "k"].map(name => it.state[name]), size(it.state), parameters(it.state)]],
    },
  ]
}

const short = value => plain(Number(value.toFixed(2)), 2)

function told(it, { parts, z, a }) {
  const { row, column, filter, g } = it.state
  const { channels, filters } = it.data
  const k = names(it).indexOf(filter) + 1
  const bias = biasOf(it, filter)
  const [here, out] = [z[row][column], a[row][column]]
  const written = [...new Set([WRITTEN[g](here), tex(out)])].join(" = ")
  const off = z.flat().filter(value => value <= 0).length
  return [
    `$z = ${channels.map(channel => `\\text{${channel}}`).join(" + ")} + b_${k} = ${parts.map(part => put(part[row][column])).join(" + ")} + ${put(bias)} = ${tex(here)}$`,
    `$a = g(z) = ${written}$`,
    `${channels.length} channels of ${filters[filter][0].length}×${filters[filter][0].length} are ${filters[filter].flat(2).length} products and one bias for each number; the bias is the same at all ${z.flat().length} places.`,
    ...(g === "ReLU" ? [`ReLU is off at ${off} of ${z.flat().length} places of this map; a larger bias switches it on.`] : []),
  ]
}

function counted(it) {
  const { n, c, f, p, s, k } = it.state
  const out = size(it.state)
  const weights = f * f * c * k
  const all = parameters(it.state)
  return [
    out < 1
      ? `A window of ${f}×${f} does not fit on ${n}×${n}${p ? ` with ${p} of padding` : ""}: make the input or the padding larger.`
      : `$n = \\lfloor \\frac{n + 2p - f}{s} \\rfloor + 1 = \\lfloor \\frac{${n} + 2 \\cdot ${p} - ${f}}{${s}} \\rfloor + 1 = ${out}$: from $${n} \\times ${n} \\times ${c}$ to $${out} \\times ${out} \\times ${k}$`,
    `weights: $f \\cdot f \\cdot n_C \\cdot \\text{filters} = ${f} \\cdot ${f} \\cdot ${c} \\cdot ${k} = ${tall(weights)}$, biases: $${tall(k)}$`,
    `parameters: $(${f} \\cdot ${f} \\cdot ${c} + 1) \\cdot ${k} = \\mathbf{${tall(all)}}$, on an image of any size`,
    ...(out < 1 ? [] : [`MACs: $n_H n_W \\cdot \\text{filters} \\cdot f \\cdot f \\cdot n_C = ${out} \\cdot ${out} \\cdot ${k} \\cdot ${f} \\cdot ${f} \\cdot ${c} = \\mathbf{${tall(out * out * weights)}}$`]),
  ]
}
