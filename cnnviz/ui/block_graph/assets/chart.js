// Draws curves as SVG: the mean of each, its spread as a band, the raw points under what is smoothed.
import { linear, logarithmic, short, upTo } from "./scales.js"
import { svgElement as svg } from "./save.js"

const DASHES = ["", "9 5", "2 4", "12 4 2 4", "5 3", "1 3"]
const COLOURS = 7
const MOST_MARKS = 45 // points of one curve
export const [STEP, EPOCH, SECONDS, MEAN, SPREAD, RUNS, SMOOTH] = [0, 1, 2, 3, 4, 5, 6]
const ACROSS = { epoch: EPOCH, step: STEP, seconds: SECONDS }
const TITLES = { epoch: "Epochs", step: "Steps", seconds: "Seconds of training" }
const FLOOR = 0.05 // percent: less than one image of a thousand; an error of 0 stands on this line

// Twins share a colour and differ in their line: "plain 8, plain 20, residual 8, residual 20".
export function styles(labels) {
  const parts = labels.map(label => /^(\S+?),?\s+(.*)$/.exec(label)?.slice(1) ?? [label, ""])
  const [firsts, rests] = [0, 1].map(i => [...new Set(parts.map(part => part[i]))])
  const twins = firsts.length > 1 && rests.length > 1 && firsts.length * rests.length === labels.length
  return parts.map(([first, rest], i) => {
    const [colour, dash] = twins ? [rests.indexOf(rest), firsts.indexOf(first)] : [i, i % DASHES.length]
    return { colour: `var(--c${colour % COLOURS})`, dash: DASHES[dash % DASHES.length], mark: twins ? dash : i }
  })
}

export const lastPoint = rows => rows?.at(-1)

// What the view says of a point, and how it is read.
export function lines(it) {
  const { view } = it.data
  return it.shown.flatMap(curve =>
    view.measures.map((measure, part) => ({
      curve,
      rows: curve.measures[measure] ?? [],
      faint: view.measures.length > 1 && part === 0,
      name: view.measures.length > 1 ? `${curve.label}, ${view.parts[part]}` : curve.label,
    })),
  )
}

export function drawChart(it, width, height) {
  const large = it.data.large
  const size = large ? 19 : 14
  const box = { left: size * 4.2, right: width - size, top: size * 1.7, bottom: height - size * 3.4 }
  const kind = it.data.view.kind
  const picture = svg("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "img", tabindex: 0, "font-size": size })
  const draw = { curves: drawLines, layers: drawLayers, points: drawPoints }[kind]
  draw(it, picture, box, size)
  return picture
}

function axes(it, picture, box, size, { x, y, across, title }) {
  const grid = svg("g", { class: "grid" })
  for (const { value, text } of y.ticks) {
    const at = y.at(value)
    grid.append(svg("line", { x1: box.left, x2: box.right, y1: at, y2: at }))
    grid.append(svg("text", { x: box.left - 8, y: at + size * 0.35, "text-anchor": "end" }, text))
  }
  for (const { value, text } of x.ticks) {
    const at = x.at(value)
    grid.append(svg("line", { x1: at, x2: at, y1: box.bottom, y2: box.bottom + 5 }))
    grid.append(svg("text", { x: at, y: box.bottom + size * 1.4, "text-anchor": "middle" }, text))
  }
  grid.append(svg("line", { class: "axis", x1: box.left, x2: box.right, y1: box.bottom, y2: box.bottom }))
  grid.append(svg("text", { class: "title", x: box.left - size * 3.2, y: size, "text-anchor": "start" }, title))
  grid.append(svg("text", { class: "title", x: (box.left + box.right) / 2, y: box.bottom + size * 2.9, "text-anchor": "middle" }, across))
  const clip = svg("clipPath", { id: it.clip })
  clip.append(svg("rect", { x: box.left - 8, y: box.top - 8, width: box.right - box.left + 16, height: box.bottom - box.top + 16 }))
  picture.append(clip, grid)
  const inside = svg("g", { "clip-path": `url(#${it.clip})` })
  picture.append(inside)
  it.plot = { x, y, box }
  return inside
}

function drawLines(it, picture, box, size) {
  const { data } = it
  const column = ACROSS[data.x]
  const drawn = lines(it).filter(line => line.rows.length)
  const all = drawn.flatMap(line => line.rows)
  const x = data.x === "epoch" ? upTo(Math.max(1, ...it.runs.map(run => run.epochs)), box.left, box.right, box.right - box.left < 420 ? 5 : 8)
    : linear(0, farthest(it, all, column), box.left, box.right, box.right - box.left < 420 ? 3 : 7)
  const y = vertical(it, all, box)
  const inside = axes(it, picture, box, size, { x, y, across: TITLES[data.x], title: data.view.title })
  const place = row => x.at(row[column])
  for (const line of drawn) if (!line.faint) inside.append(band(line, place, y, data.view.percent ? 100 : Infinity))
  const wide = data.large ? 1.6 : 1
  for (const line of drawn) {
    const { rows, faint } = line
    const { colour, dash, mark } = line.curve.style
    const smooth = data.smooth > 0
    const path = (value, thick, opacity) =>
      svg("path", { class: "line", d: joined(rows.map(row => [place(row), y.at(row[value])])), style: `stroke:${colour}`, "stroke-width": thick * wide, "stroke-dasharray": dash, "stroke-opacity": opacity })
    if (faint) inside.append(path(smooth ? SMOOTH : MEAN, 1.2, 0.8))
    else if (smooth) inside.append(path(MEAN, 1, 0.4), path(SMOOTH, 2.8, 1))
    else inside.append(path(MEAN, 2.4, 1))
    if (rows.length <= MOST_MARKS && !faint) {
      for (const row of rows) inside.append(marked(mark, place(row), y.at(row[MEAN]), 3.4 * wide, colour, smooth ? 0.5 : 1))
    } else if (rows.length && !faint) inside.append(marked(mark, place(rows.at(-1)), y.at(rows.at(-1)[MEAN]), 3.4 * wide, colour, 1))
    if (faint) continue
    for (const end of line.curve.diverged) {
      const last = rows.at(-1)
      const at = [x.at(end[data.x]), Math.max(box.top, Math.min(box.bottom, y.at(last[MEAN])))]
      inside.append(svg("text", { class: "ended", x: at[0] + 4, y: at[1] - 4, "font-size": size * 1.2, style: `fill:${colour}` }, "✕"))
    }
  }
}

// As far as a run will go at its pace, so that the picture does not shrink while it grows.
function farthest(it, rows, column) {
  const epochs = Math.max(1, ...it.runs.map(run => run.epochs))
  const whole = rows.filter(row => row[EPOCH] >= 0.5).map(row => (row[column] / row[EPOCH]) * epochs)
  return Math.max(1, ...rows.map(row => row[column]), ...whole)
}

function vertical(it, rows, box) {
  const { view, log } = it.data
  const values = rows.map(row => row[MEAN])
  const percent = view.percent
  if (log) {
    const positive = values.filter(value => value > 0)
    const low = Math.max(Math.min(...positive, percent ? 10 : 1), percent ? FLOOR : 1e-12)
    return logarithmic(low, percent ? 100 : Math.max(...positive, low * 10), box.bottom, box.top)
  }
  if (percent) return linear(0, values.some(value => value > 20) || !values.length ? 100 : Math.max(1, ...values) * 1.05, box.bottom, box.top, 5)
  // A run that diverges would press all others flat; the logarithmic axis shows it whole.
  const starts = lines(it).filter(line => line.rows.length).map(line => line.rows[0][MEAN]).sort((a, b) => a - b)
  const usual = 2 * (starts[Math.floor(starts.length / 2)] ?? 1.2)
  return linear(0, Math.min(Math.max(0.01, ...values), usual), box.bottom, box.top, 6)
}

function band({ rows, curve }, place, y, most) {
  const several = rows.filter(row => row[RUNS] > 1)
  const upper = several.map(row => [place(row), y.at(Math.min(most, row[MEAN] + row[SPREAD]))])
  const lower = several.map(row => [place(row), y.at(Math.max(0, row[MEAN] - row[SPREAD]))]).reverse()
  return svg("path", { class: "band", d: several.length > 1 ? `${joined([...upper, ...lower])}Z` : "", style: `fill:${curve.style.colour}`, "fill-opacity": 0.16 })
}

// A path; a null interrupts it.
function joined(places) {
  let begun = false
  return places.map(([x, y]) => {
    if (y === null || !Number.isFinite(y)) {
      begun = false
      return ""
    }
    const part = `${begun ? "L" : "M"}${x.toFixed(1)} ${Math.max(-1e4, Math.min(1e4, y)).toFixed(1)}`
    begun = true
    return part
  }).join("")
}

export function marked(kind, x, y, r, colour, opacity) {
  const given = { class: "mark", style: `fill:${colour}`, "fill-opacity": opacity }
  const shape = kind % 4
  if (shape === 0) return svg("circle", { ...given, cx: x, cy: y, r })
  if (shape === 1) return svg("rect", { ...given, x: x - r, y: y - r, width: 2 * r, height: 2 * r })
  const points = shape === 2 ? [[0, -1.3], [1.2, 0.9], [-1.2, 0.9]] : [[0, -1.4], [1.4, 0], [0, 1.4], [-1.4, 0]]
  return svg("polygon", { ...given, points: points.map(([a, b]) => `${x + a * r},${y + b * r}`).join(" ") })
}

// Norms from the first layer to the last, at one moment of training.
export const profileOf = (rows, step) => rows?.filter(row => row[0] <= step).at(-1) ?? rows?.[0]

function drawLayers(it, picture, box, size) {
  const [measure] = it.data.view.measures
  const found = it.shown.map(curve => ({ curve, row: profileOf(curve.measures[measure], it.moment ?? 0) })).filter(one => one.row)
  const values = it.shown.flatMap(curve => (curve.measures[measure] ?? []).flatMap(row => row[2])).filter(value => value > 0)
  const longest = Math.max(2, ...found.map(one => one.row[2].length))
  const wanted = box.right - box.left < 420 ? 4 : 8
  const x = linear(1, longest, box.left, box.right, wanted)
  x.at = value => box.left + ((value - 1) / (longest - 1)) * (box.right - box.left)
  x.ticks = x.ticks.filter(tick => tick.value >= 1 && tick.value <= longest && Number.isInteger(tick.value))
  if (!x.ticks.some(tick => tick.value === 1)) x.ticks.unshift({ value: 1, text: "1" })
  const low = Math.max(1e-45, Math.min(1, ...values))
  const y = logarithmic(low, Math.max(1, ...values), box.bottom, box.top)
  const inside = axes(it, picture, box, size, { x, y, across: "Layer with weights, first to last", title: it.data.view.title })
  for (const { curve, row } of found) {
    const places = row[2].map((value, i) => [x.at(i + 1), value > 0 ? y.at(value) : null])
    const { colour, dash, mark } = curve.style
    inside.append(svg("path", { class: "line", d: joined(places), style: `stroke:${colour}`, "stroke-width": it.data.large ? 3.4 : 2.2, "stroke-dasharray": dash }))
    if (places.length <= MOST_MARKS) for (const [a, b] of places) if (b !== null) inside.append(marked(mark, a, b, 3, colour, 1))
  }
}

// One point for each curve: what it reaches against what it costs.
function drawPoints(it, picture, box, size) {
  const { places, view } = it.data
  const [measure] = view.measures
  const found = it.shown.flatMap(curve => {
    const row = curve.measures[measure]?.at(-1)
    const where = places[curve.key]
    return row && where ? [{ curve, row, where, y: view.accuracy ? 100 - row[MEAN] : row[MEAN] }] : []
  })
  it.points = found
  const xs = found.map(one => one.where.x)
  const ends = [box.left + size, box.right - size * 2]
  const x = view.linear ? linear(Math.min(...xs, 1e9), Math.max(...xs, 1), ...ends) : tight(xs, ...ends)
  const spread = found.flatMap(one => [one.y - one.row[SPREAD], one.y + one.row[SPREAD]])
  const y = linear(Math.max(0, Math.min(...spread, 99)), Math.min(100, Math.max(...spread, 1)), box.bottom, box.top, 5)
  const inside = axes(it, picture, box, size, { x, y, across: view.across, title: view.title })
  for (const line of new Set(found.map(one => one.where.line).filter(Boolean))) {
    const sorted = found.filter(one => one.where.line === line).sort((a, b) => a.where.x - b.where.x)
    inside.append(svg("path", { class: "line", d: joined(sorted.map(one => [x.at(one.where.x), y.at(one.y)])), style: `stroke:${sorted[0].curve.style.colour}`, "stroke-width": 2 }))
  }
  for (const { curve, row, where, y: value } of found) {
    const [a, b] = [x.at(where.x), y.at(value)]
    const { colour, mark } = curve.style
    inside.append(svg("line", { class: "whisker", x1: a, x2: a, y1: y.at(value - row[SPREAD]), y2: y.at(value + row[SPREAD]), style: `stroke:${colour}`, "stroke-width": 2 }))
    inside.append(marked(mark, a, b, it.data.large ? 9 : 6, colour, 1))
    const end = a > (box.left + box.right) / 2
    if (where.line && found.some(one => one.where.line === where.line && one.where.x > where.x)) continue
    picture.append(svg("text", { class: "name", x: a + (end ? -12 : 12), y: b - 8, "text-anchor": end ? "end" : "start" }, where.line === "all" ? "" : where.line || curve.label))
  }
}

// A logarithmic axis that reaches no farther than its numbers: they seldom span whole powers of ten.
function tight(values, from, to) {
  const [low, high] = [Math.min(...values, 1e12) / 1.15, Math.max(...values, 1) * 1.15]
  const at = value => from + (Math.log(value / low) / Math.log(high / low)) * (to - from)
  const whole = logarithmic(low, high, from, to).ticks.filter(({ value }) => value >= low && value <= high).map(({ value }) => ({ value, text: short(value) }))
  const few = [...new Set(values)].sort((a, b) => a - b)
  const ticks = few.length <= 4 ? few.map(value => ({ value, text: short(value) })) : whole
  return { at, ticks, low, high }
}

// What stands near this place: the cross line and the values, for people who point or press an arrow key.
export function nearest(it, across) {
  const { x } = it.plot
  const kind = it.data.view.kind
  if (kind === "points") return null
  if (kind === "layers") {
    const [measure] = it.data.view.measures
    const rows = it.shown.map(curve => ({ curve, row: profileOf(curve.measures[measure], it.moment ?? 0) })).filter(one => one.row)
    const most = Math.max(0, ...rows.map(one => one.row[2].length))
    let layer = 1
    for (let i = 1; i <= most; i++) if (Math.abs(x.at(i) - across) < Math.abs(x.at(layer) - across)) layer = i
    return { at: x.at(layer), title: `Layer ${layer}`, values: rows.map(({ curve, row }) => ({ curve, name: curve.label, text: layer <= row[2].length ? `${short(row[2][layer - 1])}  ${row[3][layer - 1]}` : "–" })) }
  }
  const column = ACROSS[it.data.x]
  const drawn = lines(it).filter(line => line.rows.length)
  const places = [...new Set(drawn.flatMap(line => line.rows.map(row => row[column])))]
  if (!places.length) return null
  const at = places.reduce((best, value) => (Math.abs(x.at(value) - across) < Math.abs(x.at(best) - across) ? value : best))
  const near = rows => rows.reduce((best, row) => (Math.abs(row[column] - at) < Math.abs(best[column] - at) ? row : best))
  const values = drawn.map(line => ({ line, row: near(line.rows) })).filter(({ row, line }) => Math.abs(x.at(row[column]) - x.at(at)) < 12 || row === line.rows.at(-1))
  return {
    at: x.at(at),
    title: `${{ epoch: "Epoch", step: "Step", seconds: "Second" }[it.data.x]} ${short(at)}`,
    values: values.map(({ line, row }) => ({ curve: line.curve, name: line.name, text: said(it, row) })),
  }
}

export function said(it, row) {
  const unit = it.data.view.percent ? " %" : ""
  return row[RUNS] > 1 ? `${short(row[MEAN])} ± ${short(row[SPREAD])}${unit}` : `${short(row[MEAN])}${unit}`
}
