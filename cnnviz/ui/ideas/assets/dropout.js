// Activations of one layer, what a draw leaves of them, and the mean of many draws.
import { linear, upTo } from "../scales.js"
import { chance } from "./chance.js"
import { frame, grid, title } from "./grids.js"
import { action, axes, bounded, choice, counter, element, formulas, handle, path, room, slider, stage, svg } from "./kit.js"
import { plain, put, tex } from "./tex.js"

const SIDE = 4
const two = value => plain(Number(value.toFixed(2)))

// The masks of so many draws.
export function masks(p, seed, draws, count) {
  const next = chance(seed)
  return Array.from({ length: draws }, () => Array.from({ length: count }, () => next() >= p))
}

export const output = (a, mask, p, scaling) => a.map((value, i) => (mask[i] ? (scaling === "inverted" ? value / (1 - p) : value) : 0))
export const evaluated = (a, p, scaling) => a.map(value => (scaling === "inverted" ? value : value * (1 - p)))

export default function make(it) {
  const { modes, scalings, most } = it.data
  const bar = [choice(it, "mode", "Mode", modes.map(name => [name, name])), choice(it, "scaling", "Scaling", scalings.map(name => [name, name]))]
  const sliders = [slider(it, "p", "Dropped: $p$", { least: 0, most: 0.9, step: 0.05, said: plain }), counter(it, "draws", "Draws", [1, most])]
  const again = action("Draw again", () => it.change({ seed: 1 + (it.state.seed % 9999) }))
  const [place, curve, said] = [element("div", { class: "picture" }), element("div", { class: "picture" }), element("div", { class: "formulas" })]
  const [draw, drawCurve] = [stage(place, "drag"), stage(curve, "")]
  it.frame.append(element("div", { class: "bar" }, ...bar.map(part => part.box), sliders[0].box, sliders[1].box, again),
    element("div", { class: "both" }, element("div", { class: "side" }, place), element("div", { class: "side" }, curve, said)))
  it.files = () => {
    const { mode, scaling, p, draws, of, seed } = it.state
    const now = seen(it)
    const settings = `${mode}, ${scaling} scaling, p = ${plain(p)}, ${draws} ${draws === 1 ? "draw" : "draws"} by seed ${seed}`
    const named = ["mode", "scaling", "p", "draws", "seed"]
    const stays = i => (mode === "training" && !now.mask[i] ? 0 : 1)
    return [
      {
        name: "units", label: "The units", said: settings, of: named, place,
        rows: () => [["unit", "activation", "stays", "goes on", "mean of draws"], ...now.a.map((a, i) => [i + 1, a, stays(i), now.last[i], now.mean[i]])],
      },
      {
        name: "mean", label: "The mean of many draws", said: `unit ${of + 1}; ${settings}`, of: [["unit", of + 1], ...named], place: curve,
        rows: () => [["draws", "mean so far", "in evaluation"], ...now.path.map((value, i) => [i + 1, value, now.steady[of]])],
      },
    ]
  }
  const layout = hold(it, place.firstChild)
  return () => {
    for (const part of [...bar, ...sliders]) part.show()
    const now = seen(it)
    Object.assign(layout, drawn(it, place, draw, now))
    drawnMean(it, curve, drawCurve, now)
    formulas(said, told(it, now))
  }
}

function seen({ state, data }) {
  const a = data.activations
  const { p, seed, draws, scaling, mode, of } = state
  const drawn = masks(p, seed, draws, a.length)
  const last = mode === "training" ? output(a, drawn.at(-1), p, scaling) : evaluated(a, p, scaling)
  const sums = a.map(() => 0)
  const path = []
  for (const mask of drawn) {
    output(a, mask, p, scaling).forEach((value, i) => (sums[i] += value))
    path.push(sums[of] / (path.length + 1))
  }
  return { a, mask: drawn.at(-1), last, mean: sums.map(value => value / draws), path, steady: evaluated(a, p, scaling) }
}

function hold(it, picture) {
  const layout = { grids: [] }
  const place = (px, py) => {
    for (const [x, y] of layout.grids) {
      const [i, j] = [Math.floor((py - y) / layout.cell), Math.floor((px - x) / layout.cell)]
      if (i >= 0 && i < SIDE && j >= 0 && j < SIDE) it.change({ of: i * SIDE + j })
    }
  }
  const step = (dx, dy) => {
    const [i, j] = [Math.floor(it.state.of / SIDE), it.state.of % SIDE]
    it.change({ of: bounded(i - Math.sign(dy), 0, SIDE - 1) * SIDE + bounded(j + Math.sign(dx), 0, SIDE - 1) })
  }
  handle(picture, { role: "application", label: "", place, step })
  return layout
}

function drawn(it, place, draw, { a, mask, last, mean }) {
  const { width, size } = room(it, place, {})
  const gap = size * 1.6
  const top = size * 1.8
  const cell = Math.min((width - gap) / (2 * SIDE), size * 4.4, (innerHeight * (it.data.large ? 0.54 : 0.62)) / (2 * SIDE + 1))
  const square = values => Array.from({ length: SIDE }, (_, i) => values.slice(i * SIDE, i * SIDE + SIDE))
  const training = it.state.mode === "training"
  const places = [[1, top], [1 + SIDE * cell + gap, top], [1, top * 2 + SIDE * cell], [1 + SIDE * cell + gap, top * 2 + SIDE * cell]]
  const many = it.state.draws
  const sheets = [["as computed, a", a], [training ? `draw ${many}: stays or not` : "nothing is dropped", a.map((_, i) => (training ? +mask[i] : 1))], [training ? "what goes on" : "evaluation", last], [`mean of ${many} ${many === 1 ? "draw" : "draws"}`, mean]]
  const parts = sheets.flatMap(([name, values], k) => [
    title(places[k][0], places[k][1] - size * 0.6, name),
    grid(square(values), { x: places[k][0], y: places[k][1], cell, size, shade: value => (k === 1 ? value : Math.min(1, value / 10)), text: k === 1 ? value => (value ? "✓" : "–") : two, colour: k === 1 ? "--c2" : "--c0" }),
    frame(...places[k], cell, [Math.floor(it.state.of / SIDE), it.state.of % SIDE, 1, 1], "picked"),
  ])
  draw(width, Math.ceil(places[2][1] + SIDE * cell + 3), size, ...parts)
  place.firstChild.setAttribute("aria-label", `Unit ${it.state.of + 1}: ${a[it.state.of]}, goes on as ${two(last[it.state.of])}, mean ${two(mean[it.state.of])}. On: ${last.map(two).join(" ")}. Arrow keys pick another unit`)
  return { grids: places, cell }
}

// The picked unit's mean, draw by draw.
function drawnMean(it, place, draw, { a, path: means, steady }) {
  const { width, height, size } = room(it, place, { tall: 300, share: 0.33 })
  const { of, draws } = it.state
  const box = { left: size * 3, right: width - 6, top: size * 2, bottom: height - size * 2.8 }
  const most = Math.max(1, ...means, a[of])
  const [x, y] = [upTo(Math.max(draws, 2), box.left, box.right, 5), linear(0, most * 1.1, box.bottom, box.top, 5)]
  const { parts, inside } = axes({ box, size, x, y, across: "draws", up: `The mean of unit ${of + 1} so far` })
  inside.append(svg("line", { x1: box.left, x2: box.right, y1: y.at(steady[of]), y2: y.at(steady[of]), style: "stroke:var(--c1)", "stroke-width": 2.5, "stroke-dasharray": "8 5" }))
  inside.append(svg("text", { class: "halo", x: box.right - 4, y: y.at(steady[of]) + size * 1.5, "text-anchor": "end" }, `in evaluation: ${two(steady[of])}`))
  inside.append(path(means.map((value, i) => [x.at(i + 1), y.at(value)]), { style: "stroke:var(--c0)", "stroke-width": 2.5 }))
  inside.append(svg("circle", { cx: x.at(draws), cy: y.at(means.at(-1)), r: size * 0.4, style: "fill:var(--c0)" }))
  draw(width, height, size, ...parts)
  place.firstChild.setAttribute("role", "img")
  place.firstChild.setAttribute("aria-label", `The mean of unit ${of + 1} after ${draws} draws: ${two(means.at(-1))}; in evaluation ${two(steady[of])}`)
}

function told(it, { a, mask, last, mean, steady }) {
  const { p, of, mode, scaling, draws } = it.state
  const [value, q] = [a[of], 1 - p]
  const stays = mask.filter(Boolean).length
  const line = mode === "evaluation"
    ? (scaling === "inverted" ? `In evaluation $a' = a = ${tex(value)}$: the layer does nothing.` : `In evaluation $a' = (1 - p) a = ${tex(q)} \\cdot ${tex(value)} = ${tex(steady[of])}$`)
    : mask[of]
      ? (scaling === "inverted" ? `Unit ${of + 1} stays: $a' = \\frac{a}{1 - p} = \\frac{${tex(value)}}{${tex(q)}} = ${tex(last[of])}$` : `Unit ${of + 1} stays: $a' = a = ${tex(value)}$`)
      : `Unit ${of + 1} is dropped: $a' = 0$`
  const expected = scaling === "inverted" ? `${tex(p)} \\cdot 0 + ${tex(q)} \\cdot \\frac{${tex(value)}}{${tex(q)}} = ${tex(value)}` : `${tex(p)} \\cdot 0 + ${tex(q)} \\cdot ${put(value)} = ${tex(q * value)}`
  return [line, `Expected in training: $E[a'] = ${expected}$; the mean of ${draws.toLocaleString("en")} ${draws === 1 ? "draw" : "draws"}: $${tex(Number(mean[of].toFixed(3)))}$`, `${stays} of ${a.length} units stay in this draw, $${tex(q)} \\cdot ${a.length} = ${tex(q * a.length)}$ on average.`]
}
