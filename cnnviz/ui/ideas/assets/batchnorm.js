// One feature of a small batch through batch normalisation: four number lines, a table of each step, and formulas.
import { linear } from "../scales.js"
import { bounded, choice, element, formulas, handle, numberRow, room, slider, stage, svg, table, toggle } from "./kit.js"
import { plain, put, tex } from "./tex.js"

const sum = numbers => numbers.reduce((a, b) => a + b, 0)
const mean = numbers => sum(numbers) / numbers.length
const variance = (numbers, less = 0) => sum(numbers.map(x => (x - mean(numbers)) ** 2)) / (numbers.length - less)

// What is kept after so many batches like this one.
export function running(x, batches, momentum) {
  let [kept, spread] = [0, 1]
  for (let i = 0; i < batches; i++) [kept, spread] = [(1 - momentum) * kept + momentum * mean(x), (1 - momentum) * spread + momentum * variance(x, 1)]
  return { mean: kept, variance: spread }
}

export function steps(x, { gamma, beta, scale, mode, batches, momentum }, epsilon) {
  const own = { mean: mean(x), variance: variance(x) }
  const kept = running(x, batches, momentum)
  const by = mode === "training" ? own : kept
  const [g, b] = scale === "undo" ? [Math.sqrt(own.variance + epsilon), own.mean] : [gamma, beta]
  const centred = x.map(value => value - by.mean)
  const normalised = centred.map(value => value / Math.sqrt(by.variance + epsilon))
  return { own, kept, by, gamma: g, beta: b, centred, normalised, y: normalised.map(value => g * value + b) }
}

const batch = ({ state, data }) => Array.from({ length: data.count }, (_, i) => state[`x${i + 1}`])

export default function make(it) {
  const { count, limit, modes } = it.data
  const mode = choice(it, "mode", "Mode", modes.map(name => [name, name]))
  const undo = toggle(it, "scale", "γ and β undo it", ["chosen", "undo"])
  const sliders = [slider(it, "gamma", "Scale $\\gamma$", { least: -3, most: 3, step: 0.05, said: plain }), slider(it, "beta", "Shift $\\beta$", { least: -5, most: 5, step: 0.05, said: plain })]
  const kept = [slider(it, "batches", "Batches seen", { least: 0, most: 100 }), slider(it, "momentum", "Momentum", { least: 0.01, most: 1, step: 0.01 })]
  const numbers = numberRow(it, Array.from({ length: count }, (_, i) => [`x${i + 1}`, `Example ${i + 1}`]), { least: -limit, most: limit, step: 0.1, picked: i => it.change({ of: i + 1 }) })
  const [place, said, worked] = [element("div", { class: "picture" }), element("div", { class: "formulas" }), element("table")]
  const draw = stage(place, "drag across")
  it.frame.append(
    element("div", { class: "bar" }, mode.box, undo.box, ...sliders.map(one => one.box)),
    element("div", { class: "both" },
      element("div", { class: "side" }, place, element("div", { class: "bar" }, element("span", {}, "The batch"), numbers.box)),
      element("div", { class: "side" }, element("div", { class: "pairs" }, ...kept.map(one => one.box)), element("div", { class: "scroll" }, worked), said)))
  it.files = () => {
    const x = batch(it)
    const { mode: by, scale } = it.state
    const { by: used, gamma, beta, centred, normalised, y } = steps(x, it.state, it.data.epsilon)
    const columns = [x, centred, normalised, y]
    return [{
      name: "steps", label: "From x to y",
      said: `${by}, by mean ${plain(tidy(used.mean))} and variance ${plain(tidy(used.variance))}; γ = ${plain(tidy(gamma))}, β = ${plain(tidy(beta))}`,
      of: ["mode", ["x", x.join("_")], ...(scale === "undo" ? ["scale"] : ["gamma", "beta"]), ...(by === "training" ? [] : ["batches", "momentum"])], place,
      rows: () => [["example", "x", "x - mean", "normalised", "y"], ...x.map((_, i) => [i + 1, ...columns.map(one => one[i])]), ["mean", ...columns.map(mean)], ["variance", ...columns.map(one => variance(one))]],
    }]
  }
  const layout = hold(it, place.firstChild)
  return () => {
    for (const part of [mode, undo, ...sliders, ...kept, numbers]) part.show()
    for (const part of sliders) part.box.hidden = it.state.scale === "undo"
    const x = batch(it)
    const now = steps(x, it.state, it.data.epsilon)
    Object.assign(layout, drawn(it, place, draw, x, now))
    const rows = [["$x$", x], ["$x - \\mu$", now.centred], ["$\\hat x$", now.normalised], ["$y$", now.y]]
    table(worked, [["", ...x.map((_, i) => `${i + 1}`), "mean", "variance"], ...rows.map(([name, line]) => [name, ...line.map(value => plain(tidy(value))), plain(tidy(mean(line))), plain(tidy(variance(line)))])])
    formulas(said, told(it, x, now))
    place.firstChild.setAttribute("aria-label", `Example ${it.state.of}: x = ${plain(x[it.state.of - 1])}, y = ${plain(tidy(now.y[it.state.of - 1]))}. Arrow keys change it`)
  }
}

const tidy = value => (Math.abs(value) < 1e-9 ? 0 : Number(value.toFixed(3)))

// A number of the batch is dragged; arrow keys move the one that was touched last.
function hold(it, picture) {
  const layout = {}
  const { limit, count } = it.data
  const set = value => it.change({ [`x${it.state.of}`]: bounded(value, -limit, limit, 0.1) })
  const near = px => batch(it).map((value, i) => [Math.abs(layout.at(value) - px), i + 1]).sort((a, b) => a[0] - b[0])[0][1]
  const begin = px => it.change({ of: near(px) })
  const step = (dx, dy) => (dx ? set(it.state[`x${it.state.of}`] + dx * 0.1) : it.change({ of: bounded(it.state.of - Math.sign(dy), 1, count) }))
  handle(picture, { role: "application", label: "", begin, place: px => set(layout.back(px)), step })
  return layout
}

function drawn(it, place, draw, x, now) {
  const { width, height, size } = room(it, place, { ratio: 0.8, tall: 330, share: 0.38 })
  const narrow = width < 480
  const [left, right] = [size * (narrow ? 1.2 : 8.6), width - size]
  const scale = linear(-it.data.limit, it.data.limit, left, right, 10)
  const lines = [["as they come, x", x], ["minus the mean", now.centred], ["by the spread, x̂", now.normalised], ["scaled, shifted, y", now.y]]
  const gap = (height - size * 3.2) / (lines.length - 1)
  const parts = []
  const y = i => size * 1.6 + i * gap
  for (const { value, text } of scale.ticks) {
    parts.push(svg("line", { x1: scale.at(value), x2: scale.at(value), y1: y(0), y2: y(3), style: `stroke:var(--${value === 0 ? "soft" : "faint"})` }))
    parts.push(svg("text", { x: scale.at(value), y: height - size * 0.3, "text-anchor": "middle" }, text))
  }
  const inside = value => Math.max(left - size, Math.min(right + size, scale.at(value)))
  lines.forEach(([name, numbers], i) => {
    parts.push(svg("line", { x1: left, x2: right, y1: y(i), y2: y(i), style: "stroke:var(--soft)" }))
    parts.push(svg("text", { x: 0, y: narrow ? y(i) - size * 1.1 : y(i) + size * 0.35, class: narrow ? "halo" : "" }, name))
    if (i) numbers.forEach((value, j) => parts.push(svg("line", { x1: inside(lines[i - 1][1][j]), x2: inside(value), y1: y(i - 1), y2: y(i), style: `stroke:var(--c${j});stroke-opacity:0.6`, "stroke-width": j + 1 === it.state.of ? 3 : 1.5 })))
    const at = i ? mean(numbers) : now.by.mean
    if (i < 2) parts.push(svg("path", { d: `M${inside(at)} ${y(i) + size * 0.75}l-5 8h10z`, style: "fill:var(--st-text-color)" }))
  })
  lines.forEach(([, numbers], i) => numbers.forEach((value, j) => {
    parts.push(svg("circle", { cx: inside(value), cy: y(i), r: size * (i ? 0.5 : 0.8), style: `fill:var(--c${j});stroke:var(--st-background-color)`, "stroke-width": 1.5 }))
    if (!i) parts.push(svg("text", { x: inside(value), y: y(i) + size * 0.33, "text-anchor": "middle", "font-size": size * 0.9, style: "fill:var(--st-background-color)" }, j + 1))
  }))
  draw(width, height, size, ...parts)
  return { at: scale.at, back: px => -it.data.limit + ((px - left) / (right - left)) * 2 * it.data.limit }
}

function told(it, x, now) {
  const { mode, of, momentum, batches, scale } = it.state
  const i = of - 1
  const m = x.length
  const ready = mode === "training"
  const [mu, spread] = [tex(tidy(now.by.mean)), tex(tidy(now.by.variance))]
  const lines = ready
    ? [`$\\mu = \\frac{${x.map(value => put(value)).join(" + ")}}{${m}} = ${mu}$`, `$\\sigma^2 = \\frac{${now.centred.map(value => `${put(tidy(value))}^2`).join(" + ")}}{${m}} = ${spread}$`]
    : [`Kept after ${batches} such batches: $\\mu = ${mu}$, $\\sigma^2 = ${spread}$. The batch itself has $${tex(tidy(now.own.mean))}$ and $${tex(tidy(variance(x, 1)))}$ (divided by $m - 1$).`]
  lines.push(`$\\hat x_{${of}} = \\frac{${put(x[i])} - ${put(tidy(now.by.mean))}}{\\sqrt{${spread} + \\varepsilon}} = ${tex(tidy(now.normalised[i]))}$, $\\quad y_{${of}} = ${put(tidy(now.gamma))} \\cdot ${put(tidy(now.normalised[i]))} + ${put(tidy(now.beta))} = ${tex(tidy(now.y[i]))}$`)
  if (scale === "undo") lines.push(`$\\gamma = \\sqrt{${tex(tidy(now.own.variance))} + \\varepsilon} = ${tex(tidy(now.gamma))}$, $\\beta = ${tex(tidy(now.beta))}$: ${ready ? "$y = x$, all is undone." : "what undoes it in training undoes it here as far as what is kept has come near the batch."}`)
  if (ready) lines.push(`Kept for evaluation after ${batches} such batches: mean $${tex(tidy(now.kept.mean))}$, variance $${tex(tidy(now.kept.variance))}$; the next makes the mean $${tex(1 - momentum)} \\cdot ${put(tidy(now.kept.mean))} + ${tex(momentum)} \\cdot ${put(tidy(now.own.mean))} = ${tex(tidy((1 - momentum) * now.kept.mean + momentum * now.own.mean))}$.`)
  return lines
}
