// A small tensor N x C x (H, W) as a cube and as numbers; those that share a mean have one colour.
import { bounded, choice, element, formulas, handle, room, stage, svg } from "./kit.js"
import { plain, tex } from "./tex.js"

const HUES = [214, 28, 130, 275, 350, 50, 185, 310, 90] // of neighbours, far from each other

// Which mean a number belongs to, by its image and its channel.
export function belongs(kind, groups, [, C], n, c) {
  return { batch: c, layer: n, instance: n * C + c, group: n * groups + Math.floor(c / (C / groups)) }[kind]
}

export const means = (kind, groups, [N, C]) => ({ batch: C, layer: N, instance: N * C, group: N * groups })[kind]

const at = ([, C, H, W], index) => [Math.floor(index / (C * H * W)), Math.floor(index / (H * W)) % C, Math.floor(index / W) % H, index % W]

// Every number's group, mean, variance and what is made of it.
export function worked({ shape, tensor, epsilon }, kind, groups) {
  const group = tensor.map((_, i) => belongs(kind, groups, shape, ...at(shape, i).slice(0, 2)))
  const sets = Array.from({ length: means(kind, groups, shape) }, () => [])
  tensor.forEach((value, i) => sets[group[i]].push(value))
  const stats = sets.map(set => {
    const mean = set.reduce((a, b) => a + b, 0) / set.length
    return { set, mean, variance: set.reduce((a, b) => a + (b - mean) ** 2, 0) / set.length }
  })
  const made = tensor.map((value, i) => (value - stats[group[i]].mean) / Math.sqrt(stats[group[i]].variance + epsilon))
  return { group, stats, made }
}

const paint = (group, strength) => {
  const turn = Math.floor(group / HUES.length)
  return `color-mix(in srgb, hsl(${HUES[group % HUES.length] + 14 * turn} 70% ${turn ? 40 : 55}%) ${strength}%, var(--st-background-color))`
}

export default function make(it) {
  const kinds = choice(it, "kind", "Normalisation", it.data.kinds.map(name => [name, name]))
  const groups = choice(it, "groups", "Groups", it.data.counts.map(name => [name, name]))
  const show = choice(it, "show", "Numbers", [["before", "before"], ["after", "after"]])
  const [cube, place, said] = [element("div", { class: "picture" }), element("div", { class: "picture" }), element("div", { class: "formulas" })]
  const [drawCube, draw] = [stage(cube, ""), stage(place, "drag")]
  it.frame.append(element("div", { class: "bar" }, kinds.box, groups.box, show.box), element("div", { class: "both" }, element("div", { class: "side" }, cube, said), element("div", { class: "side" }, place)))
  it.files = () => {
    const { kind, groups: G, show: which, of } = it.state
    const { group, stats, made } = worked(it.data, kind, Number(G))
    const settings = `${kind} normalisation${kind === "group" ? `, ${G} ${G === "1" ? "group" : "groups"}` : ""}; N × C × H × W = ${it.data.shape.join(" × ")}`
    const named = ["kind", ...(kind === "group" ? [["groups", G]] : []), ["of", of]]
    return [
      {
        name: "cube", label: "The cube", said: settings, of: named, place: cube,
        rows: () => [["colour", "numbers", "mean", "variance"], ...stats.map(({ set, mean, variance }, i) => [i + 1, set.length, mean, variance])],
      },
      {
        name: "numbers", label: "The numbers", said: `${settings}; ${which}`, of: [...named, "show"], place,
        rows: () => [["image", "channel", "row", "column", "before", "colour", "after"], ...it.data.tensor.map((value, i) => [...at(it.data.shape, i).map(n => n + 1), value, group[i] + 1, made[i]])],
      },
    ]
  }
  const layout = hold(it, place.firstChild)
  return () => {
    for (const part of [kinds, groups, show]) part.show()
    groups.box.hidden = it.state.kind !== "group"
    const now = worked(it.data, it.state.kind, Number(it.state.groups))
    drawnCube(it, cube, drawCube, now)
    Object.assign(layout, drawn(it, place, draw, now))
    formulas(said, told(it, now))
  }
}

// A click picks a number, arrow keys go to its neighbours.
function hold(it, picture) {
  const layout = {}
  const [N, C, H, W] = it.data.shape
  const pick = (row, column) => {
    const [n, c] = [Math.floor(column / W), Math.floor(row / H)]
    it.change({ of: ((n * C + c) * H + (row % H)) * W + (column % W) })
  }
  const place = (px, py) => {
    const n = bounded(Math.floor((px - layout.left) / layout.pitch), 0, N - 1)
    const c = bounded(Math.floor((py - layout.top) / layout.drop), 0, C - 1)
    const inside = (p, from, count) => bounded(Math.floor((p - from) / layout.cell), 0, count - 1)
    pick(c * H + inside(py - layout.gap, layout.top + c * layout.drop, H), n * W + inside(px, layout.left + n * layout.pitch, W))
  }
  const step = (dx, dy) => {
    const [n, c, h, w] = at(it.data.shape, it.state.of)
    pick(bounded(c * H + h - Math.sign(dy), 0, C * H - 1), bounded(n * W + w + Math.sign(dx), 0, N * W - 1))
  }
  handle(picture, { role: "application", label: "", place, step })
  return layout
}

// The tensor as numbers: a column for each image, a row for each channel.
function drawn(it, place, draw, { group, made }) {
  const { width, height: most, size } = room(it, place, { ratio: 1.3, tall: 560, share: 0.62 })
  const [N, C, H, W] = it.data.shape
  const [left, top, gap] = [size * 6, size * 1.8, size * 0.35]
  const cell = Math.min((most - top) / (C * H) - gap / H, (width - left) / (N * W + 1), size * 3.4)
  const [pitch, drop] = [W * cell + Math.min(cell, (width - left - N * W * cell) / N), H * cell + gap]
  const parts = []
  for (let n = 0; n < N; n++) parts.push(svg("text", { class: "title", x: left + n * pitch, y: size }, `image ${n + 1}`))
  for (let c = 0; c < C; c++) parts.push(svg("text", { x: 0, y: top + c * drop + cell * H * 0.5 + size * 0.3 }, `channel ${c + 1}`))
  it.data.tensor.forEach((value, i) => {
    const [n, c, h, w] = at(it.data.shape, i)
    const [x, y] = [left + n * pitch + w * cell, top + c * drop + h * cell]
    const mine = group[i] === group[it.state.of]
    parts.push(svg("rect", { x, y, width: cell, height: cell, class: "cell", style: `fill:${paint(group[i], mine ? 62 : 34)}` }))
    const text = it.state.show === "after" ? plain(Number(made[i].toFixed(2)), 2) : String(value)
    parts.push(svg("text", { x: x + cell / 2, y: y + cell / 2 + size * 0.35, "text-anchor": "middle", "font-size": text.length > 3 ? Math.min(size, cell / 2.4) : size, "font-weight": mine ? 600 : 400 }, text))
  })
  const [n, c, h, w] = at(it.data.shape, it.state.of)
  parts.push(svg("rect", { x: left + n * pitch + w * cell, y: top + c * drop + h * cell, width: cell, height: cell, class: "picked" }))
  draw(width, Math.ceil(top + C * drop), size, ...parts)
  place.firstChild.setAttribute("aria-label", `Image ${n + 1}, channel ${c + 1}, row ${h + 1}, column ${w + 1}: ${it.data.tensor[it.state.of]} becomes ${plain(Number(made[it.state.of].toFixed(3)))}. Arrow keys pick another`)
  return { left, top, pitch, drop, cell, gap: 0 }
}

// The same as a cube: N to the back, C to the right, the pixels of a channel downwards.
function drawnCube(it, place, draw, { group }) {
  const { width, height, size } = room(it, place, { ratio: 0.62, tall: 330, share: 0.36 })
  const [N, C, H, W] = it.data.shape
  const deep = H * W
  const cell = Math.min((width - size * 5) / (C + N * 0.7), (height - size * 3) / (deep + N * 0.5), size * 3.6)
  const [dx, dy] = [cell * 0.6, cell * 0.42]
  const [left, top] = [size * 3.6, size * 1.6 + N * dy]
  const parts = []
  const set = it.state.of
  const face = (points, n, c) => {
    const mine = it.group(n, c) === group[set]
    parts.push(svg("polygon", { points: points.map(p => p.map(v => v.toFixed(1)).join(",")).join(" "), style: `fill:${paint(it.group(n, c), mine ? 62 : 30)};stroke:var(--st-background-color)`, "stroke-width": 1.2 }))
  }
  it.group = (n, c) => belongs(it.state.kind, Number(it.state.groups), it.data.shape, n, c)
  const corner = (c, n, p) => [left + c * cell + n * dx, top + p * cell - n * dy]
  for (let n = N - 1; n >= 0; n--) for (let c = 0; c < C; c++) face([corner(c, n, 0), corner(c + 1, n, 0), corner(c + 1, n + 1, 0), corner(c, n + 1, 0)], n, c)
  for (let n = 0; n < N; n++) for (let p = 0; p < deep; p++) face([corner(C, n, p), corner(C, n + 1, p), corner(C, n + 1, p + 1), corner(C, n, p + 1)], n, C - 1)
  for (let c = 0; c < C; c++) for (let p = 0; p < deep; p++) face([corner(c, 0, p), corner(c + 1, 0, p), corner(c + 1, 0, p + 1), corner(c, 0, p + 1)], 0, c)
  parts.push(svg("text", { class: "title", x: left + (C * cell) / 2, y: top + deep * cell + size * 1.2, "text-anchor": "middle" }, `C = ${C}`))
  parts.push(svg("text", { class: "title", x: left - 6, y: top + (deep * cell) / 2, "text-anchor": "end" }, "H, W"))
  parts.push(svg("text", { class: "title", x: left + (N * dx) / 2 - 6, y: top - (N * dy) / 2 - 4, "text-anchor": "end" }, `N = ${N}`))
  draw(width, Math.ceil(top + deep * cell + size * 1.6), size, ...parts)
  place.firstChild.setAttribute("role", "img")
  place.firstChild.setAttribute("aria-label", `The tensor as a cube, coloured by ${it.state.kind} normalisation`)
}

function told(it, { group, stats, made }) {
  const { kind, of } = it.state
  const G = Number(it.state.groups)
  const [N, C, H, W] = it.data.shape
  const { set, mean, variance } = stats[group[of]]
  const count = { batch: `C = ${C}`, layer: `N = ${N}`, instance: `N \\cdot C = ${N} \\cdot ${C} = ${N * C}`, group: `N \\cdot G = ${N} \\cdot ${G} = ${N * G}` }[kind]
  const size = { batch: `N \\cdot H \\cdot W = ${N} \\cdot ${H} \\cdot ${W}`, layer: `C \\cdot H \\cdot W = ${C} \\cdot ${H} \\cdot ${W}`, instance: `H \\cdot W = ${H} \\cdot ${W}`, group: `\\frac{C}{G} \\cdot H \\cdot W = ${C / G} \\cdot ${H} \\cdot ${W}` }[kind]
  const listed = set.length > 8 ? `${set.slice(0, 4).join(" + ")} + \\cdots + ${set.at(-1)}` : set.join(" + ")
  const x = it.data.tensor[of]
  const [mu, spread] = [tex(Number(mean.toFixed(3))), tex(Number(variance.toFixed(3)))]
  return [
    `Means: $${count}$, each of $${size}${/cdot/.test(size) ? ` = ${set.length}` : ""}$ numbers.`,
    `The picked number's colour: $\\mu = \\frac{${listed}}{${set.length}} = ${mu}$, $\\sigma^2 = ${spread}$`,
    `$\\hat x = \\frac{${x} - ${mu}}{\\sqrt{${spread} + \\varepsilon}} = ${tex(Number(made[of].toFixed(3)))}$`,
    ...(kind === "group" && (G === 1 || G === C) ? [G === 1 ? "One group: this is layer normalisation." : "A group for each channel: this is instance normalisation."] : []),
    kind === "batch" ? "Other images of the batch change the result: in evaluation, running means take their place." : "Each image for itself: the same in training and in evaluation.",
  ]
}
