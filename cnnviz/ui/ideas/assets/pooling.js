// A small image under pooling: it is dragged by whole pixels, windows are picked, cells in them are turned round.
import { cells } from "./files.js"
import { action, bounded, choice, element, formulas, handle, room, slider, stage, svg, table, toggle } from "./kit.js"
import { frame, grid, title } from "./grids.js"
import { plain, tex } from "./tex.js"

const sum = numbers => numbers.reduce((a, b) => a + b, 0)

export const shifted = (x, right, down) => x.map((row, i) => row.map((_, j) => x[i - down]?.[j - right] ?? 0))

// The windows, each as [row, column, its cells].
export function windows(x, size, stride) {
  const count = Math.floor((x.length - size) / stride) + 1
  return Array.from({ length: count }, (_, i) => Array.from({ length: count }, (_, j) => {
    const [row, column] = [i * stride, j * stride]
    return { row, column, cells: x.slice(row, row + size).flatMap(line => line.slice(column, column + size)) }
  }))
}

export function pooled(x, mode, size, stride) {
  if (mode === "global average") return [[sum(x.flat()) / x.length ** 2]]
  return windows(x, size, stride).map(row => row.map(({ cells }) => (mode === "max" ? Math.max(...cells) : sum(cells) / cells.length)))
}

export function scrambled(x, size) {
  const most = Math.floor(x.length / size) * size
  const from = i => (i < most ? i - (i % size) + size - 1 - (i % size) : i)
  return x.map((row, i) => row.map((value, j) => (i < most && j < most ? x[from(i)][from(j)] : value)))
}

const same = (a, b) => sum(a.flat().map((value, i) => +(Math.abs(value - b.flat()[i]) < 1e-9)))
const short = value => plain(Number(value.toFixed(2)))

// Everything there is to see at these values.
function seen({ state, data }) {
  const { of, mode, size, stride, right, down } = state
  const before = data.images[of]
  const placed = shifted(before, right, down)
  const whole = mode === "global average"
  const now = state.scramble === "yes" ? scrambled(placed, whole ? 8 : size) : placed
  const [step, wide] = whole ? [8, 8] : [stride, size]
  const all = windows(now, wide, step)
  const picked = Math.min(state.window, all.length ** 2 - 1)
  const [i, j] = [Math.floor(picked / all.length), picked % all.length]
  return { before, now, wide, step, all, picked: all[i][j], at: [i, j], first: pooled(before, mode, size, stride), second: pooled(now, mode, size, stride) }
}

export default function make(it) {
  const { images, modes, most } = it.data
  const bar = [
    choice(it, "mode", "Pooling", modes.map(mode => [mode, mode])),
    choice(it, "of", "Image", Object.keys(images).map(name => [name, name])),
  ]
  const sliders = [slider(it, "size", "Window $f$", { least: 2, most: 4 }), slider(it, "stride", "Stride $s$", { least: 1, most: 4 })]
  let count = 1 // of windows
  const framed = slider(it, "window", "Framed window", { least: 0, most: 0, said: at => `${Math.min(at + 1, count)} of ${count}` })
  const scramble = toggle(it, "scramble", "Scramble the cells of each window", ["no", "yes"])
  const move = (right, down) => it.change({ right: bounded(it.state.right + right, -most, most), down: bounded(it.state.down + down, -most, most) })
  const arrows = [["←", -1, 0, "left"], ["→", 1, 0, "right"], ["↑", 0, -1, "up"], ["↓", 0, 1, "down"]].map(([sign, x, y, way]) => action(sign, () => move(x, y), `Shift the image ${way}`))
  const back = action("Back in place", () => it.change({ right: 0, down: 0 }))
  const shift = element("div", { class: "buttons" }, element("span", {}, "Shift "), ...arrows, back)
  const [place, said, numbers] = [element("div", { class: "picture" }), element("div", { class: "formulas" }), element("table")]
  const draw = stage(place, "drag pan")
  const controls = element("div", { class: "side" }, shift, sliders[0].box, sliders[1].box, framed.box, scramble.box, element("div", { class: "scroll" }, numbers), said)
  it.frame.append(element("div", { class: "bar" }, ...bar.map(part => part.box)), element("div", { class: "both wide" }, element("div", { class: "side" }, place), controls))
  it.files = () => {
    const { of: image, mode, size, stride, right, down, scramble: mixed } = it.state
    const now = seen(it)
    const window = mode === "global average" ? "" : `, window ${size}, stride ${stride}`
    return [{
      name: "grids", label: "Image and pooled numbers", said: `${image}, ${mode}${window}; shifted ${right} right, ${down} down${mixed === "yes" ? ", scrambled" : ""}`,
      of: ["of", "mode", ...(window ? ["size", "stride"] : []), "right", "down", ...(mixed === "yes" ? [["scramble", mixed]] : [])], place,
      rows: () => [["grid", "row", "column", "value"], ...cells("image", now.before), ...cells("shifted", now.now), ...cells("pooled", now.second), ...cells("before the shift", now.first)],
    }]
  }
  const layout = hold(it, place.firstChild, move)
  return () => {
    for (const part of [...bar, ...sliders, scramble]) part.show()
    for (const part of sliders) part.box.hidden = it.state.mode === "global average"
    scramble.box.hidden = it.state.mode !== "global average" && it.state.stride !== it.state.size
    const now = seen(it)
    count = now.all.length ** 2
    framed.box.hidden = count === 1
    framed.most(count - 1)
    framed.show()
    Object.assign(layout, drawn(it, place, draw, now))
    place.firstChild.setAttribute("aria-label", `Input, shifted ${it.state.right} to the right and ${it.state.down} down; pooled: ${now.second.map(row => row.map(short).join(" ")).join("; ")}`)
    table(numbers, changes(now))
    formulas(said, told(it, now))
  }
}

// The image can be dragged, a cell of either grid picks its window.
function hold(it, picture, move) {
  const layout = {}
  let start = null
  const cellAt = ([x, y, cell], px, py) => [Math.floor((py - y) / cell), Math.floor((px - x) / cell)]
  const begin = (px, py) => (start = { px, py, right: it.state.right, down: it.state.down, moved: false })
  const place = (px, py) => {
    const cell = layout.input[2]
    const [right, down] = [Math.round((px - start.px) / cell), Math.round((py - start.py) / cell)]
    if (!right && !down && !start.moved) return
    start.moved = true
    move(start.right + right - it.state.right, start.down + down - it.state.down)
  }
  const end = (px, py) => {
    if (start.moved) return
    const { all, wide, step } = seen(it)
    for (const [grid, last, index] of [[layout.output, all.length - 1, at => at], [layout.input, all.length - 1, at => Math.min(all.length - 1, Math.floor(Math.max(0, at - (wide > step ? (wide - step) / 2 : 0)) / step))]]) {
      const [i, j] = cellAt(grid, px, py)
      if (i >= 0 && j >= 0 && i <= (grid === layout.input ? 7 : last) && j <= (grid === layout.input ? 7 : last)) it.change({ window: index(i) * all.length + index(j) })
    }
  }
  handle(picture, { role: "application", label: "", begin, place, end, step: (dx, dy) => move(Math.sign(dx), -Math.sign(dy)) })
  return layout
}

function drawn(it, place, draw, { before, now, wide, all, picked, at, first, second }) {
  const { width, height: most, size } = room(it, place, { ratio: 1.35, tall: 470, share: 0.5 })
  const narrow = width < 520
  const top = size * 1.8
  // The input on the left, both outputs on the right, the one below the other; on a phone below the input.
  const cell = narrow ? width / 8.2 : Math.min((most - top - 4) / 8, width / 14.5)
  const count = all.length
  const room2 = narrow ? width / 2 - 12 : Math.min(width - 8 * cell - 70, (8 * cell - size * 2.4) / 2)
  const small = Math.min(cell, room2 / count)
  const left = narrow ? 1 : 8 * cell + 56
  const tops = narrow ? [top + 8 * cell + size * 2.4, top + 8 * cell + size * 2.4] : [top, top + 4 * cell + size * 1.2]
  const lefts = narrow ? [1, width / 2 + 8] : [left, left]
  const shade = value => Math.max(0, Math.min(1, value / 9))
  const common = { size, shade, text: short }
  const parts = [title(1, size, it.state.scramble === "yes" ? "Input, shifted and scrambled" : "Input, shifted"), grid(now, { x: 1, y: top, cell, ...common })]
  const winner = it.state.mode === "max" ? rings(all, top, cell) : []
  parts.push(...winner, frame(1, top, cell, [picked.row, picked.column, wide, wide], "picked"))
  const changed = (i, j) => (Math.abs(first[i]?.[j] - second[i]?.[j]) < 1e-9 ? "" : "changed")
  parts.push(title(lefts[0], tops[0] - size * 0.6, "Pooled"), grid(second, { x: lefts[0], y: tops[0], cell: small, ...common, classes: changed }))
  parts.push(frame(lefts[0], tops[0], small, [...at, 1, 1], "picked"))
  parts.push(title(lefts[1], tops[1] - size * 0.6, "Before the shift"), grid(first, { x: lefts[1], y: tops[1], cell: small, ...common }))
  if (!narrow) {
    const [x, y] = [8 * cell + 14, tops[0] + (small * count) / 2]
    parts.push(svg("path", { class: "arrow", fill: "none", d: `M${x} ${y}h28m-8 -6l8 6l-8 6` }))
  }
  const high = narrow ? tops[0] + small * count + 4 : top + 8 * cell + 4
  draw(width, Math.ceil(high), size, ...parts)
  return { input: [1, top, cell], output: [lefts[0], tops[0], small] }
}

// A ring around the cell that wins in each window.
function rings(all, top, cell) {
  const won = new Map()
  for (const { row, column, cells } of all.flat()) {
    const best = cells.indexOf(Math.max(...cells))
    const side = Math.sqrt(cells.length)
    const [i, j] = [row + Math.floor(best / side), column + (best % side)]
    if (cells[best] > 0) won.set(`${i} ${j}`, svg("circle", { class: "ring", cx: 1 + (j + 0.5) * cell, cy: top + (i + 0.5) * cell, r: cell * 0.4 }))
  }
  return [...won.values()]
}

function changes({ before, now, first, second }) {
  const row = (name, a, b) => [name, `${same(a, b)} of ${a.length ** 2}`, `${Math.round((100 * same(a, b)) / a.length ** 2)} %`]
  return [["", "the same as before", ""], row("pixels of the input", before, now), row("pooled numbers", first, second)]
}

function told(it, { picked, wide, step, now }) {
  const { mode } = it.state
  const { cells } = picked
  const listed = cells.length > 16 ? `${cells.slice(0, 3).map(n => tex(n)).join(", ")}, \\ldots, ${tex(cells.at(-1))}` : cells.map(n => tex(n)).join(", ")
  const result = mode === "max" ? `\\max(${listed}) = ${tex(Math.max(...cells))}` : `\\frac{${cells.length > 16 ? `${cells.slice(0, 3).map(n => tex(n)).join(" + ")} + \\cdots + ${tex(cells.at(-1))}` : cells.map(n => tex(n)).join(" + ")}}{${cells.length}} = ${tex(sum(cells) / cells.length)}`
  const size = `n \\to \\lfloor \\frac{n - f}{s} \\rfloor + 1 = \\lfloor \\frac{${now.length} - ${wide}}{${step}} \\rfloor + 1 = ${Math.floor((now.length - wide) / step) + 1}`
  const won = cells.filter(value => value === Math.max(...cells)).length
  const lost = mode === "max"
    ? `Of ${cells.length} numbers ${cells.length - 1} are gone, and where the largest stood${won > 1 ? ` (it stands there ${won} times)` : ""}. The gradient goes to the ringed cell alone.`
    : `Only the sum is left of ${cells.length} numbers: any order of them gives the same. Each gets 1/${cells.length} of the gradient.`
  return [`The framed window: $${result}$`, lost, `$${size}$, parameters: 0`]
}
