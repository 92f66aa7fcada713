// The residual block: the function it has to learn, its numbers with weights scaled down, and many blocks in a row.
import { linear, logarithmic } from "../scales.js"
import { chance } from "./chance.js"
import { rounded } from "./files.js"
import { action, axes, bounded, choice, element, formulas, handle, key, path, range, room, slider, stage, svg, table, tell } from "./kit.js"
import { plain, put, tex } from "./tex.js"

const relu = x => x.map(value => Math.max(0, value))
const times = (w, x, scale = 1) => w.map(row => scale * row.reduce((sum, value, j) => sum + value * x[j], 0))
const plus = (x, y, scale = 1) => x.map((value, i) => value + scale * y[i])
const size = x => Math.hypot(...x)
const tidy = value => Number(value.toFixed(4)) || 0
export const wanted = (x, distance) => x + distance * Math.sin(2 * x)

export function through({ a, w1, b1, w2, b2 }, w, b) {
  const z1 = plus(times(w1, a, w), b1, b)
  const a1 = relu(z1)
  const z2 = plus(times(w2, a1, w), b2, b)
  return { z1, a1, z2, plain: relu(z2), residual: relu(plus(z2, a)) }
}

// The signal behind 0 to `most` blocks, plain and residual.
export function depth(seed, scale, most, width) {
  const next = chance(seed)
  const start = Array.from({ length: width }, (_, i) => (i + 1) / width)
  const layer = () => Array.from({ length: width }, () => Array.from({ length: width }, () => (2 * next() - 1) * Math.sqrt(6 / width)))
  const made = { plain: [start], residual: [start] }
  for (let n = 0; n < most; n++) {
    const [first, second] = [layer(), layer()]
    const block = x => times(second, relu(times(first, x, scale)), scale)
    made.plain.push(relu(block(made.plain.at(-1))))
    made.residual.push(relu(plus(block(made.residual.at(-1)), made.residual.at(-1))))
  }
  return made
}

export default function make(it) {
  const view = choice(it, "view", "", it.data.views.map(name => [name, name]))
  const parts = { "zero weights": zero(it), "what is learned": learned(it), depth: deep(it) }
  it.frame.append(element("div", { class: "bar" }, view.box), ...Object.values(parts).map(part => part.box))
  it.files = () => parts[it.state.view].files()
  return () => {
    view.show()
    for (const [name, part] of Object.entries(parts)) part.box.hidden = name !== it.state.view
    parts[it.state.view].show()
  }
}

function sides(left, right) {
  return element("div", { class: "both" }, element("div", { class: "side" }, ...left), element("div", { class: "side" }, ...right))
}

// The wanted function, which a plain block has to make whole, and what is left of it for a residual one.
function learned(it) {
  const [place, said] = [element("div", { class: "picture" }), element("div", { class: "formulas" })]
  const legend = element("div", { class: "legend" }, element("span", {}, key(0), "f(x): a plain block makes all of it"), element("span", {}, key(1, true), "f(x) − x: left for a residual block"), element("span", {}, key(6), "x: the shortcut"))
  const distance = slider(it, "distance", "How far from the identity", { least: 0, most: 1.5, step: 0.05 })
  const draw = stage(place, "drag across")
  let box = null
  const set = value => it.change({ x: bounded(value, -3, 3, 0.05) })
  handle(place.firstChild, { label: "x", place: px => set(-3 + ((px - box.left) / (box.right - box.left)) * 6), step: (dx, dy) => set(it.state.x + (dx + dy) * 0.05) })
  const show = () => {
    distance.show()
    const { width, height, size } = room(it, place, { tall: 400, share: 0.45 })
    const { x: at, distance: d } = it.state
    box = { left: size * 2.6, right: width - 4, top: size * 0.6, bottom: height - size * 2.8 }
    const [x, y] = [linear(-3, 3, box.left, box.right, 6), linear(-4, 4, box.bottom, box.top, 8)]
    const { parts, inside } = axes({ box, size, x, y, across: "x" })
    const lines = [[p => p, 6, "", 1.5], [p => wanted(p, d) - p, 1, "8 5", 3], [p => wanted(p, d), 0, "", 3]]
    for (const [f, colour, dash, wide] of lines) inside.append(path(range(-3, 3, 240).map(p => [x.at(p), y.at(f(p))]), { style: `stroke:var(--c${colour})`, "stroke-width": wide, "stroke-dasharray": dash }))
    inside.append(svg("line", { x1: x.at(at), x2: x.at(at), y1: box.top, y2: box.bottom, style: "stroke:var(--st-text-color)", "stroke-dasharray": "3 3" }))
    for (const [f, colour] of lines) inside.append(svg("circle", { cx: x.at(at), cy: y.at(f(at)), r: size * 0.45, style: `fill:var(--c${colour})` }))
    draw(width, height, size, ...parts)
    const [f, rest] = [tidy(wanted(at, d)), tidy(wanted(at, d) - at)]
    tell(place.firstChild, -3, 3, at, `x = ${plain(at)}, f = ${plain(f)}, f − x = ${plain(rest)}`)
    const grid = range(-3, 3, 240)
    const rms = g => Math.sqrt(grid.reduce((sum, p) => sum + g(p) ** 2, 0) / grid.length)
    formulas(said, [
      `At $x = ${tex(at)}$: $f(x) = ${tex(f)}$, so $f(x) - x = ${tex(f)} - ${put(at)} = ${tex(rest)}$`,
      `Over the whole picture: $f(x)$ is $${tex(rms(p => wanted(p, d)))}$ large (root mean square), $f(x) - x$ only $${tex(rms(p => wanted(p, d) - p))}$.`,
      d ? "The nearer the wanted function is to the identity, the less is left to learn; a plain block makes all of it from nothing." : "The identity itself: nothing is left to learn. A residual block starts there; a plain block has to find it.",
    ])
  }
  const files = () => {
    const { distance: d, x } = it.state
    const grid = range(-3, 3, 240).map(rounded)
    return [{
      name: "learned", label: "What a block has to learn", said: `f(x) = x + ${plain(d)} sin(2x); x = ${plain(x)}`, of: ["distance", "x"], place, keys: legend,
      rows: () => [["x", "f(x)", "f(x) - x"], ...grid.map(p => [p, wanted(p, d), wanted(p, d) - p])],
    }]
  }
  return { box: sides([place, legend], [distance.box, said]), show, files }
}

// The block with its numbers; weights and biases are slid to zero.
function zero(it) {
  const { block } = it.data
  const sliders = [slider(it, "w", "All weights $W$ times", { least: 0, most: 1, step: 0.01 }), slider(it, "b", "All biases $b$ times", { least: 0, most: 1, step: 0.01 })]
  const buttons = [action("W = 0, b = 0", () => it.change({ w: 0, b: 0 })), action("As they were", () => it.change({ w: 1, b: 1 }))]
  const [place, numbers, said] = [element("div", { class: "picture" }), element("table"), element("div", { class: "formulas" })]
  const draw = stage(place, "")
  const show = () => {
    for (const one of sliders) one.show()
    const now = through(block, it.state.w, it.state.b)
    drawnBlock(it, place, draw, now)
    const rows = [["$a^{[l]}$", block.a], ["$z^{[l+1]} = W a^{[l]} + b$", now.z1], ["$a^{[l+1]} = g(z^{[l+1]})$", now.a1], ["$z^{[l+2]}$", now.z2], ["plain: $g(z^{[l+2]})$", now.plain], ["residual: $g(z^{[l+2]} + a^{[l]})$", now.residual]]
    table(numbers, [["", "1", "2", "3", "4"], ...rows.map(([name, line]) => [name, ...line.map(value => plain(tidy(value)))])], { classes: ["", "", "", "", "now", "now"] })
    const off = x => size(plus(x, block.a, -1))
    const [z, a] = [now.z2[0], block.a[0]]
    formulas(said, [
      `First number: plain $\\max(0, ${tex(tidy(z))}) = ${tex(tidy(now.plain[0]))}$, residual $\\max(0, ${tex(tidy(z))} + ${tex(a)}) = ${tex(tidy(now.residual[0]))}$`,
      `Distance from the identity: plain $${tex(tidy(off(now.plain)))}$, residual $${tex(tidy(off(now.residual)))}$.`,
      it.state.w === 0 && it.state.b === 0 ? "Without weights: the plain block has forgotten everything, the residual block hands on $a^{[l]}$ as it is." : "Slide both to zero: which block still knows what came in?",
    ])
  }
  const files = () => {
    const { w, b } = it.state
    const now = through(block, w, b)
    const lines = [["a[l]", block.a], ["z[l+1]", now.z1], ["a[l+1]", now.a1], ["z[l+2]", now.z2], ["plain", now.plain], ["residual", now.residual]]
    return [{
      name: "block", label: "Plain and residual, side by side", said: `weights times ${plain(w)}, biases times ${plain(b)}; in: ${block.a.join(", ")}; out: plain ${now.plain.map(tidy).join(", ")}, residual ${now.residual.map(tidy).join(", ")}`,
      of: ["w", "b"], place, rows: () => [["step", 1, 2, 3, 4], ...lines.map(([name, line]) => [name, ...line])],
    }]
  }
  return { box: sides([...sliders.map(one => one.box), element("div", { class: "buttons" }, ...buttons), place], [element("div", { class: "scroll" }, numbers), said]), show, files }
}

// Both blocks from left to right, the shortcut above the residual one.
function drawnBlock(it, place, draw, now) {
  const { width, height, size: type } = room(it, place, { ratio: 0.6, tall: 300, share: 0.34 })
  const steps = [["a[l]", it.data.block.a], ["W, b", null], ["ReLU", now.a1], ["W, b", null], ["", null], ["ReLU", null]]
  const parts = []
  const line = (y, out, title, shortcut) => {
    const x = i => type * 2 + ((width - type * 4.6) * i) / (steps.length - 1)
    const most = 8
    const bars = (i, values) => values.forEach((value, j) => {
      const high = Math.min(1, Math.abs(value) / most) * type * 1.5
      parts.push(svg("rect", { x: x(i) - type * 1.4 + j * type * 0.72, y: y + type * 2.9 - high, width: type * 0.6, height: high + 1, style: `fill:var(--c${j})` }))
    })
    parts.push(svg("text", { class: "title", x: 0, y: y - type * 3 }, title))
    parts.push(svg("line", { class: "arrow", x1: x(0), x2: x(5), y1: y, y2: y }))
    if (shortcut) parts.push(svg("path", { fill: "none", d: `M${x(0)} ${y - type}v${-type * 1.1}H${x(4)}v${type * 1.2}`, style: "stroke:var(--c1)", "stroke-width": 3 }))
    steps.forEach(([name], i) => {
      if (i === 4) {
        if (shortcut) parts.push(svg("circle", { cx: x(i), cy: y, r: type * 0.85, style: "fill:var(--st-background-color);stroke:var(--c1)", "stroke-width": 2 }), svg("text", { x: x(i), y: y + type * 0.35, "text-anchor": "middle" }, "+"))
        return
      }
      const wide = type * 1.7
      parts.push(svg("rect", { x: x(i) - wide, y: y - type * 0.95, width: wide * 2, height: type * 1.9, rx: 4, style: `fill:var(--st-background-color);stroke:var(--${name === "W, b" && !it.state.w && !it.state.b ? "faint" : "soft"})`, "stroke-width": 1.5 }))
      parts.push(svg("text", { x: x(i), y: y + type * 0.33, "text-anchor": "middle", "font-size": type * 0.9 }, name))
    })
    bars(0, it.data.block.a)
    bars(5, out)
  }
  line(type * 4.4, now.plain, "plain", false)
  line(type * 13, now.residual, "residual", true)
  draw(width, Math.max(Math.min(height, type * 16.5), type * 16.5), type, ...parts)
  place.firstChild.setAttribute("role", "img")
  place.firstChild.setAttribute("aria-label", `In: ${it.data.block.a.join(" ")}. Plain: ${now.plain.map(tidy).join(" ")}. Residual: ${now.residual.map(tidy).join(" ")}`)
}

// What is left of a signal behind block after block.
function deep(it) {
  const { most, width: wide } = it.data
  const [place, numbers, said] = [element("div", { class: "picture" }), element("table"), element("div", { class: "formulas" })]
  const sliders = [slider(it, "scale", "All weights times", { least: 0, most: 1.5, step: 0.05 }), slider(it, "blocks", "Blocks", { least: 1, most })]
  const again = action("Other weights", () => it.change({ seed: 1 + (it.state.seed % 9999) }))
  const legend = element("div", { class: "legend" }, element("span", {}, key(0, true), "plain"), element("span", {}, key(1), "residual"))
  const draw = stage(place, "drag across")
  let box = null
  const set = n => it.change({ blocks: bounded(n, 1, most) })
  handle(place.firstChild, { label: "Blocks in the picture", place: px => set(((px - box.left) / (box.right - box.left)) * most), step: (dx, dy) => set(it.state.blocks + dx + dy) })
  const show = () => {
    for (const one of sliders) one.show()
    const { width, height, size: type } = room(it, place, { tall: 400, share: 0.45 })
    const made = depth(it.state.seed, it.state.scale, most, wide)
    const kept = (name, n) => size(made[name][n]) / size(made[name][0])
    box = { left: type * 3.4, right: width - 6, top: type * 2, bottom: height - type * 2.8 }
    const [x, y] = [linear(0, most, box.left, box.right, 5), logarithmic(1e-12, 1e12, box.bottom, box.top)]
    const { parts, inside } = axes({ box, size: type, x, y, across: "blocks", up: "Size of the signal, as a part of what came in" })
    inside.append(svg("line", { x1: x.at(it.state.blocks), x2: x.at(it.state.blocks), y1: box.top, y2: box.bottom, style: "stroke:var(--st-text-color)", "stroke-dasharray": "3 3" }))
    const high = n => Math.min(box.bottom + 20, y.at(1) + ((y.at(1e-12) - y.at(1)) * -Math.log10(Math.max(n, 1e-300))) / 12)
    for (const [name, colour, dash] of [["plain", 0, "8 5"], ["residual", 1, ""]]) {
      inside.append(path(range(0, most, most).map(n => [x.at(n), high(kept(name, n))]), { style: `stroke:var(--c${colour})`, "stroke-width": 3, "stroke-dasharray": dash }))
      inside.append(svg("circle", { cx: x.at(it.state.blocks), cy: high(kept(name, it.state.blocks)), r: type * 0.4, style: `fill:var(--c${colour})` }))
    }
    draw(width, height, type, ...parts)
    const n = it.state.blocks
    tell(place.firstChild, 1, most, n, `${n} blocks: plain ${plain(kept("plain", n))}, residual ${plain(kept("residual", n))}`)
    const like = (name, k) => likeness(made[name][k], made[name][0])
    const steps = [...new Set([1, 5, 10, 20, n])].sort((a, b) => a - b)
    const rows = ["plain", "residual"].flatMap(name => [[`${name}: size`, ...steps.map(k => plain(kept(name, k)))], [`${name}: likeness`, ...steps.map(k => plain(like(name, k), 2))]])
    table(numbers, [["", ...steps.map(k => `${k} ${k === 1 ? "block" : "blocks"}`)], ...rows], { keys: [[0, true], [0, true], [1, false], [1, false]] })
    formulas(said, [`Each block: two layers of ${wide} units with ReLU, random weights. At 1 they are as He's initialisation has them: $\\text{Var}(w) = \\frac{2}{${wide}}$.`, "Likeness: the cosine between signal and input, 1 for the same direction. Without normalisation, sums grow block by block: this is why residual networks keep batch normalisation in each block."])
  }
  const files = () => {
    const { scale, blocks, seed } = it.state
    const made = depth(seed, scale, most, wide)
    const ways = ["plain", "residual"]
    return [{
      name: "depth", label: "A signal through many blocks", said: `weights times ${plain(scale)}, by seed ${seed}; ${blocks} ${blocks === 1 ? "block" : "blocks"}`, of: ["scale", "blocks", "seed"], place, keys: legend,
      rows: () => [["blocks", ...ways.map(name => `${name}: size`), ...ways.map(name => `${name}: likeness`)], ...range(0, most, most).map(n => [n, ...ways.map(name => size(made[name][n]) / size(made[name][0])), ...ways.map(name => likeness(made[name][n], made[name][0]))])],
    }]
  }
  return { box: sides([place, legend], [...sliders.map(one => one.box), again, element("div", { class: "scroll" }, numbers), said]), show, files }
}

const likeness = (x, y) => x.reduce((sum, value, i) => sum + value * y[i], 0) / ((size(x) || 1) * size(y))
