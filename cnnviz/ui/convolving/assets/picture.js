// The picture: grids as one SVG, built once for a scene; a step changes only what is different.
import { made, outputOf, placeOf, shown, stampedAt, stampedUpTo, terms } from "./arithmetic.js"
import { svgElement as svg } from "./shared.js"

// Everything that stands still. What moves is kept in `parts`.
export function drawPicture(world, layout, place, { sizes, heading }) {
  const drawn = svg("svg", { class: "stage", viewBox: `0 0 ${layout.width} ${layout.height}`, width: layout.width, height: layout.height, role: "group", "aria-label": heading })
  drawn.append(hatches())
  const parts = { drawn, world, layout, place: { ...place }, rows: [], outs: [], until: -1 }
  const { shape } = world
  for (let r = 0; r < layout.rows; r++) {
    const c = Math.min(place.channel + r, shape.C - 1)
    parts.rows.push(row(parts, r, c))
    if (r === 0 || !layout.shared) parts.outs.push(outGrid(parts, r, world.apart ? c : place.out))
  }
  titles(parts, sizes)
  return parts
}

function hatches() {
  const defs = svg("defs", {})
  const pattern = svg("pattern", { id: "hatch", width: 7, height: 7, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" })
  pattern.append(svg("rect", { width: 2, height: 7, class: "hatch" }))
  defs.append(pattern)
  return defs
}

// ---- grids that stand still

function row(parts, r, c) {
  const { world } = parts
  const found = { c, input: inputGrid(parts, r, c), products: productGrid(parts, r) }
  if (!world.pool) found.kernel = kernelGrid(parts, r, c)
  return found
}

function inputGrid(parts, r, c) {
  const { world, layout } = parts
  const { shape } = world
  const size = layout.cells.input
  const { x, y } = layout.input(r)
  const group = svg("g", { class: "grid input", "data-grid": "input", "data-plane": c, transform: `translate(${round(x)} ${round(y)})` })
  const [before, after] = world.turned ? [0, 0] : [shape.before, shape.after]
  const whole = shape.n + before + after
  if (whole > shape.n) {
    group.append(svg("rect", { class: "padding", width: round(whole * size), height: round(whole * size) }))
    if (size >= 26) for (let i = 0; i < whole; i++) for (let j = 0; j < whole; j++) {
      const [row, column] = [i - before, j - before]
      if (row >= 0 && column >= 0 && row < shape.n && column < shape.n) continue
      group.append(number(world.kind === "max" ? "−∞" : "0", j, i, size, "pad"))
    }
  }
  const inner = svg("g", { transform: `translate(${round(before * size)} ${round(before * size)})` })
  const all = allOf(shape.n, (i, j) => world.x(c, i, j))
  const [range, told] = [rangeOf(all), readable(all, size)]
  all.forEach((value, at) => inner.append(cell(value, Math.floor(at / shape.n), at % shape.n, size, { range, told, grey: !told && range.low >= 0 })))
  for (const at of shape.unread) {
    inner.append(svg("rect", { class: "unread", x: 0, y: round(at * size), width: round(shape.n * size), height: round(size) }))
    inner.append(svg("rect", { class: "unread", x: round(at * size), y: 0, width: round(size), height: round(shape.n * size) }))
  }
  group.append(inner)
  const reach = world.turned ? 1 : shape.covered
  const marks = svg("g", { class: "marks" })
  if (shape.d > 1 && !world.turned) for (let a = 0; a < shape.f; a++) for (let b = 0; b < shape.f; b++)
    marks.append(svg("rect", { class: "tap", x: round(b * shape.d * size), y: round(a * shape.d * size), width: round(size), height: round(size) }))
  const window = svg("rect", { class: shape.d > 1 && !world.turned ? "window wide" : "window", width: round(reach * size), height: round(reach * size), rx: Math.min(4, size / 6) })
  marks.append(window)
  group.append(marks)
  parts.drawn.append(group)
  return { group, marks, cells: inner }
}

function kernelGrid(parts, r, c) {
  const { world, layout, place } = parts
  const size = layout.cells.weight
  const { x, y } = layout.kernel(r)
  const filter = world.apart ? c : place.out
  const plane = world.kind === "depthwise" ? c : filter * world.shape.channels + c
  const group = svg("g", { class: "grid kernel", "data-grid": "weights", "data-plane": plane, transform: `translate(${round(x)} ${round(y)})` })
  const value = (a, b) => world.w(filter, c, a, b)
  const all = allOf(world.shape.f, value)
  const [range, told] = [rangeOf(all), readable(all, size)]
  all.forEach((number, at) => group.append(cell(number, Math.floor(at / world.shape.f), at % world.shape.f, size, { range, told })))
  group.append(outline(world.shape.f * size, "edge weights"))
  parts.drawn.append(group)
  return group
}

function productGrid(parts, r) {
  const { world, layout } = parts
  const size = layout.cells.product
  const { x, y } = layout.product(r)
  const group = svg("g", { class: "grid products", transform: `translate(${round(x)} ${round(y)})` })
  const cells = []
  for (let a = 0; a < world.shape.f; a++) for (let b = 0; b < world.shape.f; b++) {
    const box = svg("g", { transform: `translate(${round(b * size)} ${round(a * size)})`, "data-product": `${a},${b}` })
    const back = svg("rect", { class: "cell", width: round(size), height: round(size) })
    const two = size >= 46 && !world.pool
    const how = two ? svg("text", { class: "how", x: round(size / 2), y: round(size * 0.34), "font-size": round(size * 0.22) }) : null
    const what = svg("text", { class: "what", x: round(size / 2), y: round(size * (two ? 0.74 : 0.5) + (two ? 0 : 1)), "font-size": round(size * (two ? 0.31 : 0.38)) })
    box.append(back, ...(how ? [how] : []), what)
    group.append(box)
    cells.push({ box, back, how, what })
  }
  group.append(outline(world.shape.f * size, "edge"))
  const side = world.shape.f * size
  const at = layout.summed ? { x: side + 12, y: side / 2 } : { x: side / 2, y: side + (layout.large ? 24 : 19) }
  const sum = svg("text", { class: layout.summed ? "partial beside" : "partial", x: round(at.x), y: round(at.y), "font-size": layout.large ? 20 : 16 })
  group.append(sum)
  parts.drawn.append(group)
  return { cells, sum, size }
}

function outGrid(parts, r, k) {
  const { world, layout } = parts
  const { shape } = world
  const size = layout.cells.out
  const { x, y } = layout.out(r)
  const group = svg("g", { class: "grid out", transform: `translate(${round(x)} ${round(y)})` })
  const all = outputOf(world, k)
  const [range, told] = [rangeOf(all), readable(all, size)]
  const cells = all.map((value, at) => {
    const [i, j] = [Math.floor(at / shape.out), at % shape.out]
    const box = cell(value, i, j, size, { range, told, focus: false })
    box.setAttribute("data-out", `${i},${j}`)
    box.classList.add("ahead")
    group.append(box)
    return box
  })
  for (const at of shape.unwritten) {
    group.append(svg("rect", { class: "unread", x: 0, y: round(at * size), width: round(shape.out * size), height: round(size) }))
    group.append(svg("rect", { class: "unread", x: round(at * size), y: 0, width: round(size), height: round(shape.out * size) }))
  }
  const reach = world.turned ? shape.covered : 1
  const window = svg("rect", { class: "window", width: round(reach * size), height: round(reach * size), rx: Math.min(4, size / 6) })
  group.append(outline(shape.out * size, "edge"), window)
  parts.drawn.append(group)
  return { k, cells, window, range, size, until: -1 }
}

function titles(parts, sizes) {
  const { world, layout, place, drawn } = parts
  const { shape, pool, turned } = world
  const [sizeIn, sizeOut] = sizes
  const size = layout.large ? 19 : 14.5
  const say = (text, x, y, strong = true) => drawn.append(svg("text", { class: strong ? "title" : "label", x: round(x), y: round(y), "font-size": strong ? size : size - 1.5 }, text))
  const [input, product, out] = [layout.input(0), layout.product(0), layout.out(0)]
  say(`Input ${sizeIn}`, input.x, input.y - 10)
  const filter = shape.filters > 1 && world.kind !== "depthwise" ? ` ${place.out + 1} of ${shape.filters}` : ""
  if (!pool) say(`Filter${filter}`, layout.kernel(0).x, layout.kernel(0).y - 10)
  say(pool ? "Window" : turned ? "Multiples" : "Products", product.x, product.y - 10)
  say(`Output ${sizeOut}`, out.x, out.y - 10)
  if (shape.C > 1) for (let r = 0; r < layout.rows; r++) {
    const at = layout.input(r)
    const tall = (shape.n + (turned ? 0 : shape.before + shape.after)) * layout.cells.input
    const name = `channel ${parts.rows[r].c + 1}`
    if (layout.wide) drawn.append(svg("text", { class: "label before", x: round(at.x - 14), y: round(at.y + tall / 2), "font-size": size - 1 }, name))
    else say(`${name} of ${shape.C}`, at.x, at.y + tall + 18, false)
  }
  for (let r = 0; r < layout.rows; r++) for (const [sign, x] of layout.signs) {
    if (layout.shared && sign === "=") continue
    drawn.append(svg("text", { class: "sign", x: round(x), y: round(layout.middle(r) + 8), "font-size": layout.large ? 30 : 24 }, sign))
  }
  if (layout.shared && layout.wide) {
    const [, x] = layout.signs.at(-1)
    const middle = (layout.middle(0) + layout.middle(layout.rows - 1)) / 2
    parts.total = svg("text", { class: "sign total", x: round(x), y: round(middle + 8), "font-size": layout.large ? 30 : 24 }, "Σ =")
    drawn.append(parts.total)
  }
}

// ---- what a step changes

export function showStep(parts, step) {
  const { world, layout, place } = parts
  const { shape } = world
  const [i, j] = placeOf(world, step)
  for (const { c, input, products } of parts.rows) {
    const size = layout.cells.input
    const stride = world.turned ? 1 : shape.s
    move(input.marks, j * stride * size, i * stride * size)
    const found = terms(world, step, world.apart ? c : place.out, c)
    fillProducts(world, products, found, layout.summed)
  }
  for (const out of parts.outs) reveal(parts, out, step)
}

function fillProducts(world, { cells, sum, size }, found, summed) {
  const range = rangeOf(found.map(term => term.product).filter(Number.isFinite))
  const result = made(world, found)
  const most = world.kind === "max" ? found.findIndex(term => term.product === result) : -1
  found.forEach((term, at) => {
    const { box, back, how, what } = cells[at]
    const text = shown(term.product)
    if (how) {
      how.textContent = `${shown(term.value)} × ${bracketed(term.weight)}`
      how.setAttribute("font-size", round(fitted(how.textContent, size * 0.92, Math.max(size * 0.21, 10.5))))
    }
    what.textContent = how ? `= ${text}` : text
    what.setAttribute("font-size", round(fitted(what.textContent, size * 0.94, size * (how ? 0.29 : 0.38))))
    tint(back, Number.isFinite(term.product) ? term.product : 0, range)
    box.classList.toggle("most", at === most)
    box.classList.toggle("outside", !term.inside)
  })
  const sign = { max: "largest", average: `sum : ${found.length}` }[world.kind] ?? "sum"
  if (summed) sum.textContent = world.turned ? "" : `${{ max: "max ", average: "mean " }[world.kind] ?? "sum "}${shown(result)}`
  else sum.textContent = world.turned ? "added to the output" : `${sign} = ${shown(result)}`
}

// What lies behind the window has its numbers, what lies ahead is empty.
function reveal(parts, out, step) {
  const { world } = parts
  const { shape } = world
  const [i, j] = placeOf(world, step)
  if (world.turned) {
    move(out.window, (j * shape.s - shape.before) * out.size, (i * shape.s - shape.before) * out.size)
    const sums = stampedUpTo(world, step, out.k)
    const last = stampedAt(world, step, shape.f - 1, shape.f - 1)
    sums.forEach((value, at) => {
      const touched = value !== 0 || at <= last || step === shape.steps - 1
      out.cells[at].classList.toggle("ahead", !touched)
      refill(out.cells[at], value, out.size, out.range)
    })
    return
  }
  move(out.window, j * out.size, i * out.size)
  const [from, to] = [Math.min(out.until, step), Math.max(out.until, step)]
  for (let at = Math.max(0, from); at <= to; at++) out.cells[at].classList.toggle("ahead", at > step)
  out.until = step
}

// ---- cells

const round = value => Math.round(value * 100) / 100
const move = (part, x, y) => part.style.setProperty("transform", `translate(${round(x)}px, ${round(y)}px)`)
const outline = (side, name) => svg("rect", { class: name, width: round(side), height: round(side) })
const allOf = (side, value) => Array.from({ length: side * side }, (_, at) => value(Math.floor(at / side), at % side))
export const bracketed = value => (value < 0 ? `(${shown(value)})` : shown(value))

function rangeOf(values) {
  const finite = values.filter(Number.isFinite)
  const low = finite.reduce((a, b) => Math.min(a, b), 0)
  const high = finite.reduce((a, b) => Math.max(a, b), 0)
  return { low, high, most: Math.max(-low, high) || 1 }
}

function cell(value, i, j, size, { range, told, grey = false, focus = true }) {
  const box = svg("g", { transform: `translate(${round(j * size)} ${round(i * size)})`, class: "box", ...(focus ? { "data-at": `${i},${j}` } : {}) })
  const back = svg("rect", { class: told ? "cell" : "cell small", width: round(size), height: round(size) })
  if (grey) {
    const light = Math.round((255 * value) / (range.high || 1))
    back.setAttribute("style", `fill: rgb(${light} ${light} ${light}); fill-opacity: 1`)
  } else tint(back, value, range, told ? 0.36 : 1)
  box.append(back)
  if (told) box.append(number(shown(value), 0, 0, size, "value"))
  return box
}

function refill(box, value, size, range) {
  const text = box.querySelector("text")
  tint(box.firstChild, value, range, text ? 0.36 : 1)
  if (!text) return
  text.textContent = shown(value)
  text.setAttribute("font-size", round(fitted(text.textContent, size * 0.88, size * 0.42)))
}

function number(text, j, i, size, name) {
  return svg("text", { class: name, x: round((j + 0.5) * size), y: round((i + 0.5) * size + 0.5), "font-size": round(fitted(text, size * 0.88, size * 0.42)) }, text)
}

// Whether the numbers of a grid can be read in cells of that size.
const readable = (values, size) => size >= 15 && values.every(value => fitted(shown(value), size * 0.88, size * 0.42) >= 7.5)

// The size of type in which a text is no wider than that.
const fitted = (text, width, most) => Math.min(most, width / (0.58 * Math.max(1, text.length)))

function tint(back, value, { most }, strongest = 0.36) {
  const part = Math.min(1, Math.abs(value) / most)
  back.setAttribute("style", `fill: var(${value < 0 ? "--negative" : "--positive"}); fill-opacity: ${round(part * strongest)}`)
}
