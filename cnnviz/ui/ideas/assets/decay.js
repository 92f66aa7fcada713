// Two weights in a plane: the loss is steep in one and flat in the other. Its minimum is dragged, the decay moves it.
import { linear } from "../scales.js"
import { axes, bounded, element, formulas, handle, key, path, range, room, slider, stage, svg, table } from "./kit.js"
import { plain, put, tex } from "./tex.js"

const STEP = 0.05
const RINGS = 6 // of the loss, as many as fit

export const decayed = (curvatures, best, decay) => best.map((m, i) => (curvatures[i] / (curvatures[i] + decay)) * m)

export const slope = (curvatures, w, best) => w.map((value, i) => curvatures[i] * (value - best[i]))

// The weights behind each step of gradient descent, the first ones before any.
export function descent(curvatures, start, best, decay, rate, steps) {
  const way = [start]
  for (let n = 0; n < steps; n++) {
    const w = way.at(-1)
    const g = slope(curvatures, w, best)
    way.push(w.map((value, i) => (1 - rate * decay) * value - rate * g[i]))
  }
  return way
}

const best = it => [it.state.a, it.state.b]
const tidy = value => Number(value.toFixed(4)) || 0

export default function make(it) {
  const { limit, most } = it.data
  const sliders = [
    slider(it, "decay", "Weight decay $\\lambda$", { least: 0, most: 1, step: 0.01, said: plain }),
    slider(it, "rate", "Learning rate $\\eta$", { least: 0.05, most: 0.9, step: 0.05, said: plain }),
    slider(it, "steps", "Steps", { least: 0, most }),
  ]
  const [place, numbers, said] = [element("div", { class: "picture" }), element("table"), element("div", { class: "formulas" })]
  const legend = element("div", { class: "legend" }, ...[[0, "", "loss of the data"], [6, "5 4", "price of size"], [1, "", "steps"], [2, "2 4", "the minimum, for every λ"]].map(([colour, dash, text]) => element("span", {}, key(colour, dash), text)))
  const draw = stage(place, "drag")
  let box = null
  const set = (a, b) => it.change({ a: bounded(a, -limit, limit, STEP), b: bounded(b, -limit, limit, STEP) })
  const back = (px, from, to) => -limit + ((px - from) / (to - from)) * 2 * limit
  handle(place.firstChild, { role: "application", label: "", place: (px, py) => set(back(px, box.left, box.right), back(py, box.bottom, box.top)), step: (dx, dy) => set(it.state.a + dx * STEP, it.state.b + dy * STEP) })
  it.frame.append(element("div", { class: "both" }, element("div", { class: "side" }, place, legend), element("div", { class: "side" }, ...sliders.map(part => part.box), element("div", { class: "scroll" }, numbers), said)))
  it.files = () => files(it, place, legend)
  return () => {
    for (const part of sliders) part.show()
    const now = worked(it)
    box = drawn(it, place, draw, now)
    place.firstChild.setAttribute("aria-label", `The plane of two weights. The data want ${best(it).map(value => plain(value)).join(", ")}; with decay the minimum is at ${now.least.map(value => plain(value)).join(", ")}. Arrow keys move what the data want`)
    table(numbers, rows(it, now))
    formulas(said, told(it, now))
  }
}

// What there is to save: the plane with its steps.
function files(it, place, keys) {
  const { a, b, decay, rate, steps } = it.state
  return [
    {
      name: "plane", label: "Two weights", said: `decay ${plain(decay)}, learning rate ${plain(rate)}, ${steps} steps; the data want ${plain(a)}, ${plain(b)}`, of: ["a", "b", "decay", "rate", "steps"], place, keys,
      rows: () => [["step", "weight 1", "weight 2"], ...worked(it).way.map((w, n) => [n, ...w])],
    },
    {
      name: "minimum", label: "What is kept", of: ["a", "b", "decay"],
      rows: () => [["weight", "curvature", "data want", "with decay"], ...worked(it).least.map((value, i) => [i + 1, it.data.curvatures[i], best(it)[i], value])],
    },
  ]
}

function worked({ data, state }) {
  const { curvatures, start } = data
  const m = [state.a, state.b]
  return { least: decayed(curvatures, m, state.decay), way: descent(curvatures, start, m, state.decay, state.rate, state.steps) }
}

function drawn(it, place, draw, { least, way }) {
  const { width, height, size } = room(it, place, { ratio: 1, tall: 520, share: 0.54 })
  const { limit, curvatures } = it.data
  const side = Math.min(width - size * 3.4, height - size * 3.4)
  const box = { left: size * 3, right: size * 3 + side, top: size * 0.6, bottom: size * 0.6 + side }
  const [x, y] = [linear(-limit, limit, box.left, box.right, 6), linear(-limit, limit, box.bottom, box.top, 6)]
  const { parts, inside } = axes({ box, size, x, y, across: "weight 1: steep" })
  parts[1].append(svg("text", { class: "title", transform: `translate(${box.left - size * 2.1} ${box.top + size * 0.4}) rotate(-90)`, "text-anchor": "end" }, "weight 2: flat"))
  const [a, b] = best(it)
  const turn = range(0, 2 * Math.PI, 96)
  const ring = (at, radii, given) => path(turn.map(t => [x.at(at[0] + radii[0] * Math.cos(t)), y.at(at[1] + radii[1] * Math.sin(t))]), given)
  for (const level of range(1, RINGS, RINGS - 1)) {
    const value = 0.06 * level ** 2 // of the loss on this ring: evenly wide rings
    inside.append(ring([a, b], curvatures.map(h => Math.sqrt((2 * value) / h)), { style: "stroke:var(--c0)", "stroke-opacity": 0.75, "stroke-width": 1.5 }))
  }
  for (const radius of new Set([1, 2, 3, Math.hypot(...least)])) if (radius > 0.02) inside.append(ring([0, 0], [radius, radius], { style: "stroke:var(--c6)", "stroke-dasharray": "5 4", "stroke-opacity": radius === Math.hypot(...least) ? 1 : 0.45, "stroke-width": radius === Math.hypot(...least) ? 2 : 1 }))
  const minima = range(-3, 3, 120).map(power => decayed(curvatures, [a, b], 10 ** power))
  inside.append(path([[a, b], ...minima, [0, 0]].map(([u, v]) => [x.at(u), y.at(v)]), { style: "stroke:var(--c2)", "stroke-width": 2.5, "stroke-dasharray": "2 4" }))
  const places = way.map(([u, v]) => [x.at(u), y.at(v)])
  inside.append(path(places, { class: "trail" }), ...places.slice(0, 120).map(([cx, cy]) => svg("circle", { class: "step", cx, cy, r: 2.4 })))
  const dot = ([u, v], colour, text, dy) => [svg("circle", { cx: x.at(u), cy: y.at(v), r: size * 0.55, style: `fill:var(--c${colour});stroke:var(--st-background-color)`, "stroke-width": 2.5 }), svg("text", { class: "halo", x: x.at(u) + (u > limit * 0.4 ? -1 : 1) * size, y: y.at(v) + dy * size, "text-anchor": u > limit * 0.4 ? "end" : "start" }, text)]
  inside.append(...dot(least, 2, "with decay", 1.5), ...dot([a, b], 0, "what the data want", -0.6))
  draw(Math.ceil(box.right + 6), height, size, ...parts)
  return box
}

function rows(it, { least, way }) {
  const name = ["1: steep", "2: flat"]
  const share = (value, of) => (of ? `${plain(Number(((100 * value) / of).toFixed(1)))} %` : "–")
  const { steps } = it.state
  return [["weight", "$h$", "data want", "with decay", "kept", `after ${steps} ${steps === 1 ? "step" : "steps"}`],
    ...best(it).map((m, i) => [name[i], plain(it.data.curvatures[i]), plain(m), plain(tidy(least[i])), share(least[i], m), plain(tidy(way.at(-1)[i]))])]
}

function told(it, { least, way }) {
  const { decay, rate, steps } = it.state
  const { curvatures } = it.data
  const lines = best(it).map((m, i) => `$w_${i + 1} = \\frac{h}{h + \\lambda} m = \\frac{${tex(curvatures[i])}}{${tex(curvatures[i])} + ${tex(decay)}} \\cdot ${put(m)} = ${tex(tidy(least[i]))}$`)
  const w = way.at(-1)
  const g = slope(curvatures, w, best(it))
  const next = descent(curvatures, w, best(it), decay, rate, 1)[1]
  const factor = tidy(1 - rate * decay)
  return [
    ...lines,
    `The next step makes of $w_2$: $(1 - ${tex(rate)} \\cdot ${tex(decay)}) \\cdot ${put(tidy(w[1]))} - ${tex(rate)} \\cdot ${put(tidy(g[1]))} = ${tex(tidy(next[1]))}$`,
    decay ? `A weight that the data say nothing about is multiplied by $${tex(factor)}$ in every step: after ${steps} of them $${tex(factor)}^{${steps}} = ${tex(factor ** steps)}$ of it is left.` : "Without decay the steps end where the data want, whatever the weights have to be for it.",
  ]
}
