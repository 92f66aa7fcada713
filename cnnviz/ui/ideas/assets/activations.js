// f and its slope side by side: the x that is dragged is read off both, and the slope is multiplied layer by layer.
import { linear, logarithmic } from "../scales.js"
import { rounded } from "./files.js"
import { axes, bounded, choice, element, formulas, handle, key, path, range, room, slider, stage, svg, table, tell } from "./kit.js"
import { plain, put, tex } from "./tex.js"

const WIDEST = 6
const STEP = 0.05
const [FLOOR, TOP] = [1e-14, 100] // of what is left
const sigmoid = x => 1 / (1 + Math.exp(-x))
const bell = x => Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI)
const within = (x, end) => x > -end && x < end

// The share of a normal distribution below x: a series that is exact where it is needed, and 0 or 1 beyond.
function below(x) {
  if (x < -8) return 0
  if (x > 8) return 1
  let [sum, term] = [x, x]
  for (let k = 3; Math.abs(term) > 1e-17 * Math.abs(sum) && k < 400; k += 2) sum += term *= (x * x) / k
  return 0.5 + sum * bell(x)
}

// Each: the function, its slope.
export const FUNCTIONS = {
  sigmoid: [sigmoid, x => sigmoid(x) * (1 - sigmoid(x))],
  tanh: [Math.tanh, x => 1 - Math.tanh(x) ** 2],
  relu: [x => Math.max(0, x), x => (x > 0 ? 1 : 0)],
  leaky_relu: [x => (x > 0 ? x : 0.01 * x), x => (x > 0 ? 1 : 0.01)],
  elu: [x => (x > 0 ? x : Math.expm1(x)), x => (x > 0 ? 1 : Math.exp(x))],
  gelu: [x => x * below(x), x => below(x) + x * bell(x)],
  silu: [x => x * sigmoid(x), x => sigmoid(x) * (1 + x * (1 - sigmoid(x)))],
  hard_sigmoid: [x => Math.min(1, Math.max(0, (x + 3) / 6)), x => (within(x, 3) ? 1 / 6 : 0)],
  hard_tanh: [x => Math.min(1, Math.max(-1, x)), x => (within(x, 1) ? 1 : 0)],
  hard_swish: [x => (x * Math.min(6, Math.max(0, x + 3))) / 6, x => (x <= -3 ? 0 : x >= 3 ? 1 : (2 * x + 3) / 6)],
}

const ENDS = { sigmoid: [0, 1], hard_sigmoid: [0, 1], tanh: [-1, 1], hard_tanh: [-1, 1] } // of the picture
const known = it => it.data.functions.find(one => one.name === it.state.of)

export default function make(it) {
  const of = choice(it, "of", "Function", it.data.functions.map(({ name, title }) => [name, title]))
  const layers = slider(it, "layers", "Layers", { least: 1, most: it.data.most })
  const legend = element("div", { class: "legend" }, element("span", {}, key(0), "f(x)"), element("span", {}, key(1, "8 5"), "its slope f′(x)"))
  const [curves, kept] = [drawnCurves(it), drawnKept(it)]
  const first = element("div", { class: "side" }, curves.place, legend, curves.said)
  const second = element("div", { class: "side" }, kept.place, layers.box, element("div", { class: "scroll" }, kept.numbers), kept.said)
  it.frame.append(element("div", { class: "bar" }, of.box), element("div", { class: "both" }, first, second))
  it.files = () => {
    const { x, layers: n } = it.state
    const [f, slope] = FUNCTIONS[it.state.of]
    const { title, best, average } = known(it)
    return [
      {
        name: "curves", label: "f and its slope", said: `${title}; at x = ${plain(x)}: f = ${plain(f(x))}, slope = ${plain(slope(x))}`,
        of: ["of", "x"], place: curves.place, keys: legend,
        rows: () => [["x", "f", "slope"], ...range(-WIDEST, WIDEST, 480).map(rounded).map(p => [p, f(p), slope(p)])],
      },
      {
        name: "gradient", label: "What is left of a gradient", said: `${title}; x = ${plain(x)}, ${n} ${n === 1 ? "layer" : "layers"}`,
        of: ["of", "x", "layers"], place: kept.place, keys: kept.numbers,
        rows: () => [["layers", "at best", "on average", `at x = ${x}`], ...range(0, it.data.most, it.data.most).map(k => [k, best ** k, average ** k, slope(x) ** k])],
      },
    ]
  }
  return () => { for (const part of [of, layers, curves, kept]) part.show() }
}

const upright = (x, box) => svg("line", { x1: x, x2: x, y1: box.top, y2: box.bottom, style: "stroke:var(--st-text-color)", "stroke-dasharray": "3 3" })

// f and f' with the x that can be dragged.
function drawnCurves(it) {
  const [place, said] = [element("div", { class: "picture" }), element("div", { class: "formulas" })]
  const draw = stage(place, "drag across")
  let box = null
  const set = value => it.change({ x: bounded(value, -WIDEST, WIDEST, STEP) })
  const picture = place.firstChild
  handle(picture, { label: "x", place: px => set(-WIDEST + ((px - box.left) / (box.right - box.left)) * 2 * WIDEST), step: (dx, dy) => set(it.state.x + (dx + dy) * STEP) })
  const show = () => {
    const { width, height, size } = room(it, place)
    const [f, slope] = FUNCTIONS[it.state.of]
    const at = it.state.x
    box = { left: size * 2.6, right: width - 4, top: size * 0.6, bottom: height - size * 2.8 }
    const x = linear(-WIDEST, WIDEST, box.left, box.right, 6)
    const y = linear(...(ENDS[it.state.of] ?? [-1, 4]), box.bottom, box.top, 5)
    const { parts, inside } = axes({ box, size, x, y, across: "x" })
    const places = range(-WIDEST, WIDEST, 480)
    for (const [g, colour, dash] of [[slope, 1, "8 5"], [f, 0, ""]]) inside.append(path(places.map(p => [x.at(p), y.at(g(p))]), { style: `stroke:var(--c${colour})`, "stroke-width": 3, "stroke-dasharray": dash }))
    inside.append(upright(x.at(at), box))
    for (const [g, colour] of [[f, 0], [slope, 1]]) inside.append(svg("circle", { cx: x.at(at), cy: y.at(g(at)), r: size * 0.5, style: `fill:var(--c${colour});stroke:var(--st-background-color)`, "stroke-width": 2 }))
    draw(width, height, size, ...parts)
    tell(picture, -WIDEST, WIDEST, at, `x = ${at}, f = ${plain(f(at))}, slope = ${plain(slope(at))}`)
    formulas(said, written(it, f(at), slope(at)))
  }
  return { place, said, show }
}

function written(it, value, slope) {
  const { x } = it.state
  const piece = known(it).pieces.find(({ end }) => end === null || x <= end)
  const sum = (latex, at) => latex.replaceAll("(@)", at === "x" ? "(x)" : `(${tex(x)})`).replaceAll("@", at).replaceAll("#", put(value))
  const where = known(it).pieces.length > 1 ? ` \\quad \\text{${region(piece)}}` : ""
  const line = (name, latex, result) => {
    const [symbols, numbers] = [sum(latex.split(" = ")[0], "x"), sum(latex.split(" = ").at(-1), put(x))]
    return `$${name} = ${[...new Set([symbols, numbers, tex(result)])].join(" = ")}${where}$`
  }
  return [`at $x = ${tex(x)}$`, line("f(x)", piece.value, value), line("f'(x)", piece.slope, slope), known(it).note]
}

function region({ start, end }) {
  if (start === null) return `where x ≤ ${end}`
  return end === null ? `where x > ${start}` : `for ${start} < x ≤ ${end}`
}

// What is left of a gradient of 1 behind each layer.
function drawnKept(it) {
  const [place, said, numbers] = [element("div", { class: "picture" }), element("div", { class: "formulas" }), element("table")]
  const draw = stage(place, "drag across")
  const { most } = it.data
  let box = null
  const set = n => it.change({ layers: bounded(n, 1, most) })
  const picture = place.firstChild
  handle(picture, { label: "Layers in the picture", place: px => set(((px - box.left) / (box.right - box.left)) * most), step: (dx, dy) => set(it.state.layers + dx + dy) })
  const show = () => {
    const { width, height, size } = room(it, place)
    const { layers, x: at } = it.state
    const { best, average, title } = known(it)
    const here = FUNCTIONS[it.state.of][1](at)
    box = { left: size * 3.4, right: width - 6, top: size * 2, bottom: height - size * 2.8 }
    const x = linear(0, most, box.left, box.right, 5)
    const y = logarithmic(FLOOR, TOP, box.bottom, box.top)
    const { parts, inside } = axes({ box, size, x, y, across: "layers", up: "Part of the gradient that is left" })
    inside.append(upright(x.at(layers), box))
    const lines = [["at best", best, 2, "2 5"], ["on average", average, 3, "10 4"], [`at x = ${plain(at)}`, here, 1, ""]]
    // Below the lowest line it goes on, out of sight: `y.at` would stop there.
    const high = n => box.top + ((box.bottom - box.top) * Math.log(TOP / Math.max(Math.abs(n), 1e-300))) / Math.log(TOP / FLOOR)
    for (const [, factor, colour, dash] of lines) {
      inside.append(path(range(0, most, most).map(n => [x.at(n), high(factor ** n)]), { style: `stroke:var(--c${colour})`, "stroke-width": 3, "stroke-dasharray": dash }))
      inside.append(svg("circle", { cx: x.at(layers), cy: high(factor ** layers), r: size * 0.4, style: `fill:var(--c${colour})` }))
    }
    draw(width, height, size, ...parts)
    tell(picture, 1, most, layers, `${layers} layers: ${lines.map(([name, factor]) => `${name} ${plain(factor ** layers)}`).join(", ")}`)
    const steps = [...new Set([1, 5, 10, 20, layers])].sort((a, b) => a - b)
    const rows = lines.map(([name, factor]) => [name, ...steps.map(n => plain(factor ** n))])
    table(numbers, [[title, ...steps.map(n => `${n} ${n === 1 ? "layer" : "layers"}`)], ...rows], { keys: lines.map(([, , colour, dash]) => [colour, dash]) })
    formulas(said, [`$f'(x)^{${layers}} = ${put(here, 5)}^{${layers}} = ${tex(here ** layers)}$, at best $${put(best, 5)}^{${layers}} = ${tex(best ** layers)}$.`, "On average: over pre-activations drawn from a normal distribution, another one for each layer."])
  }
  return { place, said, numbers, show }
}
