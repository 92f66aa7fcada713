// Losses over the plane of two logits, the third being 0: the prediction is dragged, an arrow shows where a step of
// gradient descent would take it. For two classes: the losses and their slopes along one logit.
import { linear } from "../scales.js"
import { rounded } from "./files.js"
import { axes, bounded, choice, element, formulas, handle, path, range, room, slider, stage, svg, table, tell } from "./kit.js"
import { plain, put, tex } from "./tex.js"

const STEP = 0.05
const CELLS = 110 // of the map, each way
const GRID = 60 // steps of its numbers in a file, each way
const BANDS = 12 // its shades
const TRAIL = 400 // steps that are drawn
const PUSH = 60 // px of the arrow for a gradient of 1
const sum = numbers => numbers.reduce((a, b) => a + b, 0)
const sigmoid = z => 1 / (1 + Math.exp(-z))

export function softmax(z) {
  const top = Math.max(...z)
  const e = z.map(n => Math.exp(n - top))
  const all = sum(e)
  return e.map(n => n / all)
}

const passed = (p, g) => p.map((n, i) => n * (g[i] - sum(p.map((m, j) => m * g[j]))))
const wrong = (z, k) => softmax(z).map((p, i) => p - (i === k))

// Each: the loss of logits where class k is right, its gradient; for two classes with a label, its slope.
export const LOSSES = {
  cross_entropy: [(z, k) => -Math.log(softmax(z)[k]), wrong, (z, y) => Math.log1p(Math.exp(y ? -z : z)), (z, y) => sigmoid(z) - y],
  hinge: [
    (z, k) => sum(z.map((n, j) => (j === k ? 0 : Math.max(0, n - z[k] + 1)))),
    (z, k) => z.map((n, j) => (j === k ? -z.filter((m, i) => i !== k && m - z[k] + 1 > 0).length : +(n - z[k] + 1 > 0))),
    (z, y) => Math.max(0, 1 - (y ? z : -z)),
    (z, y) => ((y ? z : -z) < 1 ? (y ? -1 : 1) : 0),
  ],
  mse: [
    (z, k) => sum(wrong(z, k).map(d => d * d)) / z.length,
    (z, k) => passed(softmax(z), wrong(z, k).map(d => (2 * d) / z.length)),
    (z, y) => (sigmoid(z) - y) ** 2,
    (z, y) => 2 * (sigmoid(z) - y) * sigmoid(z) * (1 - sigmoid(z)),
  ],
  mae: [
    (z, k) => sum(wrong(z, k).map(Math.abs)) / z.length,
    (z, k) => passed(softmax(z), wrong(z, k).map(d => Math.sign(d) / z.length)),
    (z, y) => Math.abs(sigmoid(z) - y),
    (z, y) => (y ? -1 : 1) * sigmoid(z) * (1 - sigmoid(z)),
  ],
}

// Gradient descent on the logits: how many steps until the right class has its goal, and the way there.
export function descent(name, z, k, rate, goal, most) {
  const gradient = LOSSES[name][1]
  const trail = []
  let now = z
  for (let step = 0; step <= most; step++) {
    if (step <= TRAIL) trail.push(now)
    if (softmax(now)[k] >= goal) return { steps: step, trail }
    const g = gradient(now, k)
    if (g.every(n => n === 0)) return { steps: null, content: true, trail }
    now = now.map((n, i) => n - rate * g[i])
  }
  return { steps: null, trail }
}

const number = it => it.data.classes.indexOf(it.state.right)
const logits = it => [it.state.a, it.state.b, 0]
const known = it => it.data.losses.find(one => one.name === it.state.of)

export default function make(it) {
  const { losses, classes } = it.data
  const bar = [
    choice(it, "view", "Show", [["surface", "3 classes"], ["curves", "2 classes"]]),
    choice(it, "of", "Loss", losses.map(({ name, title }) => [name, title])),
  ]
  const rights = {
    surface: choice(it, "right", "Right is", classes.map(name => [name, name])),
    curves: choice(it, "right", "Label", [[classes[0], `${classes[0]}: 1`], [classes[1], `not ${classes[0]}: 0`]], ({ right }) => (right === classes[0] ? right : classes[1])),
  }
  const views = { surface: surface(it), curves: curves(it) }
  it.frame.append(element("div", { class: "bar" }, ...[...bar, ...Object.values(rights)].map(part => part.box)), ...Object.values(views).map(view => view.box))
  it.files = () => views[it.state.view].files()
  return () => {
    for (const part of bar) part.show()
    for (const [name, view] of Object.entries(views)) {
      view.box.hidden = name !== it.state.view
      rights[name].box.hidden = view.box.hidden
      rights[name].show()
      if (!view.box.hidden) view.show()
    }
  }
}

// ---- three classes

function surface(it) {
  const [place, said, scores, race] = [element("div", { class: "picture" }), element("div", { class: "formulas" }), element("table"), element("table")]
  const note = element("p", { class: "note" })
  const rate = slider(it, "rate", "Learning rate", { least: 0.1, most: 5, step: 0.1 })
  const draw = stage(place, "drag")
  const picture = place.firstChild
  const map = svg("image", { preserveAspectRatio: "none" })
  let box = null
  const set = (a, b) => it.change({ a: bounded(a, -it.data.limit, it.data.limit, STEP), b: bounded(b, -it.data.limit, it.data.limit, STEP) })
  const back = (px, from, to) => -it.data.limit + ((px - from) / (to - from)) * 2 * it.data.limit
  handle(picture, { role: "application", label: "", place: (px, py) => set(back(px, box.left, box.right), back(py, box.bottom, box.top)), step: (dx, dy) => set(it.state.a + 2 * dx * STEP, it.state.b + 2 * dy * STEP) })
  const right = element("div", { class: "side" }, element("div", { class: "scroll" }, scores), said, rate.box, element("div", { class: "scroll" }, race))
  const show = () => {
    rate.show()
    box = plane(it, { place, draw, map })
    const told = predicted(it)
    picture.setAttribute("aria-label", `The prediction in the plane of two logits, moved by arrow keys: ${told.words}`)
    table(scores, told.rows, { classes: it.data.classes.map(name => (name === it.state.right ? "now" : "")) })
    formulas(said, told.lines)
    table(race, raced(it), { classes: it.data.losses.map(({ name }) => (name === it.state.of ? "now" : "")) })
    note.textContent = `Dark: a high loss. Arrow: against the gradient, longer where it is steeper. Dots: steps of gradient descent. ${known(it).note}`
  }
  const files = () => surfaceFiles(it, place)
  return { box: element("div", { class: "both" }, element("div", { class: "side" }, place, note), right), show, files }
}

function surfaceFiles(it, place) {
  const { of, right, rate } = it.state
  const { classes, limit } = it.data
  const [z, k] = [logits(it), number(it)]
  const at = range(-limit, limit, GRID).map(rounded)
  const from = `logits ${z.map(n => plain(n)).join(", ")}`
  return [
    {
      name: "surface", label: "The loss over two logits", said: `${known(it).title}, right is ${right}; ${from}; learning rate ${plain(rate)}`, of: ["of", "right", "a", "b", "rate"], place,
      finish: (copy, style) => copy.querySelector("image").setAttribute("href", heat(it, style.getPropertyValue("--st-blue-color"))),
      rows: () => [[`logit of ${classes[0]}`, `logit of ${classes[1]}`, "loss"], ...at.flatMap(b => at.map(a => [a, b, LOSSES[of][0]([a, b, 0], k)]))],
    },
    {
      name: "prediction", label: "The prediction", of: ["of", "right", "a", "b"],
      rows: () => [["class", "logit", "p", "label", "gradient"], ...classes.map((name, i) => [name, z[i], softmax(z)[i], +(i === k), LOSSES[of][1](z, k)[i]])],
    },
    {
      name: "losses", label: "All losses from here", of: ["right", "a", "b", "rate"],
      rows: () => [["loss", "value", "size of the gradient", `steps to ${100 * it.data.goal} %`], ...it.data.losses.map(({ name }) => [name, LOSSES[name][0](z, k), Math.hypot(...LOSSES[name][1](z, k)), descent(name, z, k, rate, it.data.goal, it.data.most).steps])],
    },
  ]
}

function plane(it, { place, draw, map }) {
  const { width, height, size } = room(it, place, { ratio: 1, tall: 520, share: 0.48 })
  const { limit, classes } = it.data
  const z = logits(it)
  const side = height - size * 3.4
  const left = Math.max(size * 3, (Math.min(width, height * 1.35) - side) / 2)
  const box = { left, right: Math.min(left + side, width - 6), top: size * 0.6, bottom: size * 0.6 + side }
  const x = linear(-limit, limit, box.left, box.right, 6)
  const y = linear(-limit, limit, box.bottom, box.top, 6)
  const { parts, inside } = axes({ box, size, x, y, across: `logit of ${classes[0]}` })
  parts[1].append(svg("text", { class: "title", transform: `translate(${box.left - size * 2.1} ${box.top + size * 0.4}) rotate(-90)`, "text-anchor": "end" }, `logit of ${classes[1]}`))
  painted(it, map)
  for (const [name, value] of Object.entries({ x: box.left, y: box.top, width: box.right - box.left, height: box.bottom - box.top })) map.setAttribute(name, value)
  inside.append(map, ...borders(x, y, limit))
  for (const [text, u, v] of [[classes[0], 4.6, -4.9], [classes[1], -4.6, 5.1], [classes[2], -4.4, -4.9]]) inside.append(svg("text", { class: "halo", x: x.at(u), y: y.at(v), "text-anchor": "middle", "font-weight": 600 }, text === it.state.right ? `${text} ✓` : text))
  inside.append(...moved(it, z, x, y))
  inside.append(svg("circle", { class: "dot", cx: x.at(z[0]), cy: y.at(z[1]), r: size * 0.62 }))
  draw(Math.min(width, Math.ceil(box.right + 6)), height, size, ...parts)
  return box
}

// Where another class has the largest logit.
const borders = (x, y, limit) => [[0, 0, -limit, 0], [0, 0, 0, -limit], [0, 0, limit, limit]].map(([a, b, c, d]) =>
  svg("line", { x1: x.at(a), y1: y.at(b), x2: x.at(c), y2: y.at(d), style: "stroke:var(--st-text-color)", "stroke-opacity": 0.55 }))

// The map of the loss; painted anew for another loss, label or theme alone.
function painted(it, map) {
  const shade = getComputedStyle(it.frame).getPropertyValue("--st-blue-color")
  const of = [it.state.of, it.state.right, shade].join()
  if (map.dataset.of === of) return
  map.dataset.of = of
  map.setAttribute("href", heat(it, shade))
}

function heat(it, shade) {
  const canvas = document.createElement("canvas")
  canvas.width = canvas.height = CELLS
  const brush = canvas.getContext("2d")
  const [loss] = LOSSES[it.state.of]
  const at = i => -it.data.limit + (2 * it.data.limit * (i + 0.5)) / CELLS
  const values = range(0, CELLS - 1, CELLS - 1).map(row => range(0, CELLS - 1, CELLS - 1).map(column => loss([at(column), -at(row), 0], number(it))))
  const top = Math.max(...values.flat())
  brush.fillStyle = shade
  values.forEach((row, j) => row.forEach((value, i) => {
    brush.globalAlpha = 0.06 + 0.8 * (Math.floor((value / top) * BANDS * 0.999) / BANDS)
    brush.fillRect(i, j, 1, 1)
  }))
  return canvas.toDataURL()
}

// The arrow of one step, and the way of many.
function moved(it, z, x, y) {
  const g = LOSSES[it.state.of][1](z, number(it))
  const { trail } = descent(it.state.of, z, number(it), it.state.rate, it.data.goal, TRAIL)
  const places = trail.map(([a, b, c]) => [x.at(a - c), y.at(b - c)])
  const way = [path(places, { class: "trail" }), ...places.slice(1, 60).map(([cx, cy]) => svg("circle", { class: "step", cx, cy, r: 2.2 }))]
  const [from, to] = [[x.at(z[0]), y.at(z[1])], [x.at(z[0]) - (g[0] - g[2]) * PUSH, y.at(z[1]) + (g[1] - g[2]) * PUSH]]
  const long = Math.hypot(to[0] - from[0], to[1] - from[1])
  if (long < 1.5) return way
  const [u, v] = [(to[0] - from[0]) / long, (to[1] - from[1]) / long]
  const head = Math.min(12, long)
  const tip = [[to[0] - head * (u - v * 0.5), to[1] - head * (v + u * 0.5)], to, [to[0] - head * (u + v * 0.5), to[1] - head * (v - u * 0.5)]]
  return [...way, path([from, to], { class: "push" }), path(tip, { class: "push" })]
}

function predicted(it) {
  const { classes } = it.data
  const [z, k] = [logits(it), number(it)]
  const p = softmax(z)
  const g = LOSSES[it.state.of][1](z, k)
  const rows = [["", "logit $z$", "$p$", "label $y$", "$\\frac{\\partial L}{\\partial z}$"], ...classes.map((name, i) => [name, plain(z[i]), plain(p[i]), i === k ? "1" : "0", plain(g[i])])]
  const below = z.map(n => `e^{${tex(n)}}`).join(" + ")
  const lines = [`$p_{\\text{${classes[k]}}} = \\frac{e^{${tex(z[k])}}}{${below}} = ${tex(p[k])}$`, `$L = ${known(it).formula} = ${filled(it, z, p, k)}$`]
  return { rows, lines, words: classes.map((name, i) => `${name} ${plain(100 * p[i])} %`).join(", ") }
}

// The loss with the numbers in.
function filled(it, z, p, k) {
  const value = tex(LOSSES[it.state.of][0](z, k))
  const others = [0, 1, 2].filter(j => j !== k)
  const off = p.map((n, j) => (j === k ? `(${tex(n)} - 1)` : tex(n)))
  return {
    cross_entropy: () => `-\\ln ${tex(p[k])} = ${value}`,
    hinge: () => `${others.map(j => `\\max(0, ${tex(z[j])} - ${put(z[k])} + 1)`).join(" + ")} = ${value}`,
    mse: () => `\\frac{${off.map(n => `${n}^2`).join(" + ")}}{3} = ${value}`,
    mae: () => `\\frac{${off.map((n, j) => (j === k ? `|${n.slice(1, -1)}|` : n)).join(" + ")}}{3} = ${value}`,
  }[it.state.of]()
}

// All losses from here: how hard they push, and how long they take.
function raced(it) {
  const [z, k] = [logits(it), number(it)]
  const { losses, goal, most } = it.data
  const rows = losses.map(({ name, title }) => {
    const [loss, gradient] = LOSSES[name]
    const { steps, content } = descent(name, z, k, it.state.rate, goal, most)
    const told = content ? "stops before" : steps === null ? `over ${most.toLocaleString("en")}` : steps.toLocaleString("en")
    return [title, plain(loss(z, k)), plain(Math.hypot(...gradient(z, k))), told]
  })
  return [["", "loss $L$", "gradient $\\lVert \\frac{\\partial L}{\\partial z} \\rVert$", `steps to ${100 * goal} %`], ...rows]
}

// ---- two classes

function curves(it) {
  const values = lines(it, 2, "Loss", [0, 6], "a, the logit")
  const slopes = lines(it, 3, "Its slope by z", [-1.1, 1.1], "a, the logit, at the slopes")
  const [said, numbers] = [element("div", { class: "formulas" }), element("table")]
  const pictures = element("div", { class: "both" }, element("div", { class: "side" }, values.place), element("div", { class: "side" }, slopes.place))
  const box = element("div", {}, pictures, element("div", { class: "both" }, element("div", { class: "scroll" }, numbers), said))
  const show = () => {
    values.show()
    slopes.show()
    const [z, y] = [it.state.a, +(it.state.right === it.data.classes[0])]
    const p = sigmoid(z)
    const rows = it.data.losses.map(({ name, title }) => [title, plain(LOSSES[name][2](z, y)), plain(LOSSES[name][3](z, y))])
    table(numbers, [["", "loss", "slope by $z$"], ...rows], { keys: it.data.losses.map((_, i) => [i, i % 2 ? "8 5" : ""]), classes: it.data.losses.map(({ name }) => (name === it.state.of ? "now" : "")) })
    const [loss, slope] = [2, 3].map(i => tex(LOSSES[it.state.of][i](z, y)))
    const label = y ? "" : ` \\quad \\text{with } 1 - p \\text{ and } -z \\text{ in their place, as the label is 0}`
    formulas(said, [`${it.data.classes[0]} or not: $p = \\sigma(z) = \\frac{1}{1 + e^{-${put(z)}}} = ${tex(p)}$`, `${known(it).title}: $L = ${known(it).binary} = ${loss}${label}$`, `$\\frac{\\partial L}{\\partial z} = ${bySlope(it.state.of, p, y, z)} = ${slope}$`, known(it).note])
  }
  const files = () => {
    const { a: z, right, of } = it.state
    const y = +(right === it.data.classes[0])
    const at = range(-it.data.limit, it.data.limit, 240).map(rounded)
    const heads = ["z", ...it.data.losses.map(({ name }) => name)]
    const part = (name, label, place, which) => ({
      name, label, said: `label ${y} (${y ? "" : "not "}${it.data.classes[0]}); z = ${plain(z)}; thick: ${known(it).title}`, of: ["of", "right", ["z", z]], place, keys: numbers,
      rows: () => [heads, ...at.map(z => [z, ...it.data.losses.map(one => LOSSES[one.name][which](z, y))])],
    })
    return [part("curves", "Loss by the logit", values.place, 2), part("slopes", "Slope by the logit", slopes.place, 3)]
  }
  return { box, show, files }
}

function bySlope(name, p, y, z) {
  const q = `${tex(p)} \\cdot (1 - ${tex(p)})`
  return {
    cross_entropy: `p - y = ${tex(p)} - ${y}`,
    hinge: (y ? z : -z) < 1 ? (y ? "-1" : "1") : "0",
    mse: `2 (p - y) \\, p (1 - p) = 2 \\cdot (${tex(p)} - ${y}) \\cdot ${q}`,
    mae: `\\pm p (1 - p) = ${y ? "-" : ""}${q}`,
  }[name]
}

function lines(it, which, title, ends, label) {
  const place = element("div", { class: "picture" })
  const draw = stage(place, "drag across")
  const picture = place.firstChild
  let box = null
  const set = z => it.change({ a: bounded(z, -it.data.limit, it.data.limit, STEP) })
  handle(picture, { label, place: px => set(-it.data.limit + ((px - box.left) / (box.right - box.left)) * 2 * it.data.limit), step: (dx, dy) => set(it.state.a + (dx + dy) * STEP) })
  const show = () => {
    const { width, height, size } = room(it, place, { tall: 300 })
    const { limit, losses, classes } = it.data
    const [at, y1] = [it.state.a, +(it.state.right === classes[0])]
    box = { left: size * 2.8, right: width - 6, top: size * 1.9, bottom: height - size * 2.8 }
    const x = linear(-limit, limit, box.left, box.right, 6)
    const y = linear(...ends, box.bottom, box.top, 6)
    const { parts, inside } = axes({ box, size, x, y, across: `logit z of ${classes[0]}`, up: title })
    inside.append(svg("line", { x1: x.at(at), x2: x.at(at), y1: box.top, y2: box.bottom, style: "stroke:var(--st-text-color)", "stroke-dasharray": "3 3" }))
    losses.forEach(({ name }, i) => {
      const f = LOSSES[name][which]
      inside.append(path(range(-limit, limit, 600).map(z => [x.at(z), y.at(f(z, y1))]), { style: `stroke:var(--c${i})`, "stroke-width": name === it.state.of ? 4.5 : 2.2, "stroke-dasharray": i % 2 ? "8 5" : "" }))
      inside.append(svg("circle", { cx: x.at(at), cy: y.at(f(at, y1)), r: size * 0.4, style: `fill:var(--c${i})` }))
    })
    draw(width, height, size, ...parts)
    tell(picture, -limit, limit, at, `z = ${at}: ${losses.map(({ name, title: of }) => `${of} ${plain(LOSSES[name][which](at, y1))}`).join(", ")}`)
  }
  return { place, show }
}
