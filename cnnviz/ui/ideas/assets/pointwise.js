// One pixel of a small image under a 1x1 convolution and under a fully connected layer; below, volumes to scale.
import { bounded, counter, element, formulas, handle, slider, stage, svg, table } from "./kit.js"
import { frame, grid, title } from "./grids.js"
import { plain, put, tex } from "./tex.js"

const SIDE = 3
const sum = numbers => numbers.reduce((a, b) => a + b, 0)
const tall = n => n.toLocaleString("en").replaceAll(",", "{,}")

// What is on the screen of the whole example.
export function used({ data, state }) {
  const image = data.image.map(row => row.map(pixel => pixel.slice(0, state.channels)))
  const weights = data.weights.slice(0, state.filters).map(row => row.slice(0, state.channels))
  return { image, weights, biases: data.biases.slice(0, state.filters) }
}

// Channel by channel, each a small map times one weight: rows x columns x filters.
export function convolved({ image, weights, biases }) {
  const maps = weights.map((row, k) => image.map(line => line.map(() => biases[k])))
  weights.forEach((row, k) => row.forEach((w, c) => image.forEach((line, i) => line.forEach((pixel, j) => (maps[k][i][j] += w * pixel[c])))))
  return image.map((line, i) => line.map((_, j) => maps.map(map => map[i][j])))
}

// Pixel by pixel, each a vector times the matrix.
export const perPixel = ({ image, weights, biases }) => image.map(line => line.map(x => weights.map((row, k) => sum(row.map((w, c) => w * x[c])) + biases[k])))

export default function make(it) {
  const { bounds } = it.data
  const sliders = [["channels", "Channels $n_C$"], ["filters", "Filters"]].map(([name, label]) => slider(it, name, label, { least: bounds[name][0], most: bounds[name][1] }))
  const sizes = [["size", "$n_H = n_W$"], ["c", "Channels in"], ["k", "Filters"]].map(([name, label]) => counter(it, name, label, bounds[name]))
  const [place, volumes] = [element("div", { class: "picture" }), element("div", { class: "picture" })]
  const [said, equal, counts] = [element("div", { class: "formulas" }), element("table"), element("div", { class: "formulas" })]
  const [draw, drawVolumes] = [stage(place, "drag pan"), stage(volumes, "")]
  volumes.firstChild.setAttribute("role", "img")
  it.files = () => {
    const { row, column, channels, filters, size, c, k } = it.state
    return [
      {
        name: "pixel", label: "One pixel, both ways", said: `${channels} ${channels === 1 ? "channel" : "channels"}, ${filters} ${filters === 1 ? "filter" : "filters"}; framed: row ${row + 1}, column ${column + 1}`,
        of: ["channels", "filters", ["row", row + 1], ["column", column + 1]], place, rows: () => listed(used(it)),
      },
      {
        name: "volumes", label: "A layer to scale", said: `${volume(size, c)} to ${volume(size, k)}: ${((c + 1) * k).toLocaleString("en")} parameters, ${(size * size * k * c).toLocaleString("en")} MACs`,
        of: ["size", "c", "k"], place: volumes,
        rows: () => [["n_H = n_W", "channels in", "filters", "parameters", "MACs", "parameters of a fully connected layer"], [size, c, k, (c + 1) * k, size * size * k * c, (size * size * c + 1) * size * size * k]],
      },
    ]
  }
  const layout = hold(it, place.firstChild)
  const small = element("div", { class: "both wide" }, element("div", { class: "side" }, place), element("div", { class: "side" }, sliders[0].box, sliders[1].box, said, element("div", { class: "scroll" }, equal)))
  const large = element("div", { class: "both second" }, element("div", { class: "side" }, volumes), element("div", { class: "side" }, element("div", { class: "pairs" }, ...sizes.map(part => part.box)), counts))
  it.frame.append(small, large)
  return () => {
    for (const part of [...sliders, ...sizes]) part.show()
    Object.assign(layout, drawn(it, place, draw))
    compared(it, said, equal, place.firstChild)
    drawnVolumes(it, volumes, drawVolumes)
    counted(it, counts)
  }
}

const volume = (size, channels) => `${size}×${size}×${channels}`

// Every number of the small example, and what comes out on both ways.
function listed(now) {
  const image = now.image.flatMap((line, i) => line.flatMap((pixel, j) => pixel.map((value, c) => ["image", "", c + 1, i + 1, j + 1, value])))
  const weights = now.weights.flatMap((row, k) => row.map((value, c) => ["weight", k + 1, c + 1, "", "", value]))
  const biases = now.biases.map((value, k) => ["bias", k + 1, "", "", "", value])
  const out = (name, made) => made.flatMap((line, i) => line.flatMap((pixel, j) => pixel.map((value, k) => [name, k + 1, "", i + 1, j + 1, value])))
  return [["grid", "filter", "channel", "row", "column", "value"], ...image, ...weights, ...biases, ...out("as a convolution", convolved(now)), ...out("as a fully connected layer", perPixel(now))]
}

function hold(it, picture) {
  const layout = { grids: [] }
  const set = (row, column) => it.change({ row: bounded(row, 0, SIDE - 1), column: bounded(column, 0, SIDE - 1) })
  const place = (px, py) => {
    for (const [x, y, cell] of layout.grids) {
      const [i, j] = [Math.floor((py - y) / cell), Math.floor((px - x) / cell)]
      if (i >= 0 && j >= 0 && i < SIDE && j < SIDE) return set(i, j)
    }
  }
  handle(picture, { role: "application", label: "", place, step: (dx, dy) => set(it.state.row - Math.sign(dy), it.state.column + Math.sign(dx)) })
  return layout
}

// The channels of the image one behind the other, the matrix with the pixel's vector, the channels that come out.
function drawn(it, place, draw) {
  const now = used(it)
  const made = perPixel(now)
  const { row, column, channels, filters } = it.state
  const size = it.data.large ? 17 : 13
  const width = Math.max(300, Math.floor(place.clientWidth))
  const narrow = width < 520
  const top = size * 1.9
  const step = narrow ? 0.42 : 0.5 // of a cell, from one channel to the next behind it
  const wide = SIDE + step * 5
  const cell = Math.min(it.data.large ? 44 : 36, narrow ? (width - 24) / (wide + SIDE + step * 4) : (width - 64) / (wide + SIDE + step * 4 + 10.6))
  const common = { size, text: value => String(value).replace("-", "−") }
  const stack = (values, count, left, most, strength) => {
    const parts = []
    for (let c = count - 1; c >= 0; c--) {
      const [x, y] = [left + c * step * cell, top + (count - 1 - c) * step * cell]
      parts.push(svg("rect", { x, y, width: SIDE * cell, height: SIDE * cell, style: "fill:var(--st-background-color)" }))
      parts.push(grid(values.map(line => line.map(pixel => pixel[c])), { x, y, cell, ...common, text: c ? () => "" : common.text, shade: value => Math.min(1, Math.abs(value) / strength) }), frame(x, y, cell, [row, column, 1, 1], "picked"))
    }
    return { parts, front: [left, top + (count - 1) * step * cell, cell], deep: SIDE + (count - 1) * step, most }
  }
  const input = stack(now.image, channels, 1, 6, 9)
  const high = top + Math.max(input.deep, SIDE + (filters - 1) * step) * cell
  const [x0, y0] = narrow ? [1, high + size * 2.6] : [1 + wide * cell + 34, top]
  const across = narrow ? Math.min(cell, (width - 30) / 9.5) : cell
  const matrix = grid(now.weights, { x: x0, y: y0, cell: across, ...common, shade: () => 0.12, colour: "--c1" })
  const [x1, x2, x3] = [x0 + (channels + 0.6) * across, x0 + (channels + 2.2) * across, x0 + (channels + 3.8) * across]
  const sign = (x, text) => svg("text", { x, y: y0 + across * 0.65, "text-anchor": "middle", "font-size": size * 1.2 }, text)
  const vector = [
    matrix, sign(x1 - across * 0.3, "·"), grid(now.image[row][column].map(value => [value]), { x: x1, y: y0, cell: across, ...common, shade: value => value / 9 }),
    sign(x1 + across * 1.3, "+"), grid(now.biases.map(value => [value]), { x: x2, y: y0, cell: across, ...common, shade: () => 0.12, colour: "--c1" }),
    sign(x2 + across * 1.3, "="), grid(made[row][column].map(value => [value]), { x: x3, y: y0, cell: across, ...common, shade: value => Math.min(1, Math.abs(value) / 30), colour: "--c2" }),
    title(x0, y0 - size * 0.6, "W · x + b at the framed pixel"),
  ]
  const from = narrow ? 1 + wide * cell + 18 : x0 + 10.6 * across + 24
  const output = stack(made, filters, from, 5, 30)
  const bottom = Math.max(high, y0 + Math.max(channels, filters) * across) + 4
  draw(width, Math.ceil(bottom), size, title(1, size, `${SIDE}×${SIDE}×${channels}`), ...input.parts, ...vector, title(from, size, `${SIDE}×${SIDE}×${filters}`), ...output.parts)
  return { grids: [input.front, output.front] }
}

function compared(it, said, equal, picture) {
  const now = used(it)
  const { row, column } = it.state
  const [a, b] = [convolved(now), perPixel(now)]
  const x = now.image[row][column]
  const differs = Math.max(...a.flat(2).map((value, i) => Math.abs(value - b.flat(2)[i])))
  const lines = now.weights.slice(0, 3).map((w, k) => `$z_{${k + 1}} = ${w.map((n, c) => `${put(n)} \\cdot ${x[c]}`).join(" + ")} + ${put(now.biases[k])} = ${tex(b[row][column][k])}$`)
  formulas(said, [...lines, ...(now.weights.length > 3 ? [`and ${now.weights.length - 3} more`] : [])])
  table(equal, [
    ["At this pixel", ...now.weights.map((_, k) => `$z_{${k + 1}}$`)],
    ["as a convolution", ...a[row][column].map(value => plain(value))],
    ["as a fully connected layer", ...b[row][column].map(value => plain(value))],
    ["largest difference, all pixels", String(differs), ...now.weights.slice(1).map(() => "")],
  ])
  picture.setAttribute("aria-label", `Pixel ${row}, ${column}: ${x.join(" ")}. Convolution: ${a[row][column].join(" ")}. Fully connected: ${b[row][column].join(" ")}`)
}

// Both volumes to one scale, channels to a scale of their own.
function drawnVolumes(it, place, draw) {
  const { size: n, c, k } = it.state
  const size = it.data.large ? 17 : 13
  const width = Math.max(280, Math.floor(place.clientWidth))
  const unit = Math.min(96, width / 5)
  const [side, deep] = [unit, unit * 0.95]
  const box = (x, count, fill) => {
    const d = Math.max(3, (deep * count) / Math.max(c, k))
    const [y, up] = [size + deep * 0.5, d * 0.5]
    const shape = (points, strength) => svg("polygon", { points: points.map(point => point.join()).join(" "), style: `fill:color-mix(in srgb, var(${fill}) ${strength}%, var(--st-background-color));stroke:var(--st-text-color)` })
    return [shape([[x, y], [x + side, y], [x + side, y + side], [x, y + side]], 30), shape([[x, y], [x + d, y - up], [x + side + d, y - up], [x + side, y]], 18), shape([[x + side, y], [x + side + d, y - up], [x + side + d, y + side - up], [x + side, y + side]], 45)]
  }
  const second = side + deep + width * 0.22
  const [y, height] = [size + deep * 0.5 + side, size + deep * 0.5 + side + size * 2]
  const middle = (side + deep + second) / 2
  draw(width, Math.ceil(height), size, ...box(1, c, "--c0"), ...box(second, k, "--c2"),
    svg("path", { class: "arrow", fill: "none", d: `M${middle - 24} ${y - side / 2}h48m-9 -7l9 7l-9 7` }),
    svg("text", { x: middle, y: y - side / 2 - 10, "text-anchor": "middle" }, `1×1, ${k}`),
    svg("text", { x: 1, y: y + size * 1.5, class: "title" }, `${n}×${n}×${c}`), svg("text", { x: second, y: y + size * 1.5, class: "title" }, `${n}×${n}×${k}`))
  place.firstChild.setAttribute("aria-label", `${n}×${n}×${c} to ${n}×${n}×${k}`)
}

function counted(it, place) {
  const { size: n, c, k } = it.state
  formulas(place, [
    `parameters: $(n_C + 1) \\cdot \\text{filters} = (${c} + 1) \\cdot ${k} = \\mathbf{${tall((c + 1) * k)}}$, wherever the pixels are`,
    `MACs: $n_H n_W \\cdot \\text{filters} \\cdot n_C = ${n} \\cdot ${n} \\cdot ${k} \\cdot ${c} = \\mathbf{${tall(n * n * k * c)}}$`,
    `One fully connected layer on all of it: $(${n} \\cdot ${n} \\cdot ${c} + 1) \\cdot ${n} \\cdot ${n} \\cdot ${k} = ${tall((n * n * c + 1) * n * n * k)}$ parameters.`,
    `28×28×192 to 28×28×32 with random numbers, all 25,088 outputs worked out both ways: largest difference $${tex(it.data.differs)}$, which is rounding.`,
  ])
}
