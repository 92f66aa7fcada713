// Draws curves as SVG: the mean of each, how far its seeds are apart, the raw points under what is smoothed.
import { EACH, EPOCH, joined, marked, MEAN, measured, RUNS, SECONDS, SMOOTH, SPREAD, STEP } from "./marks.js"
import { drawPoints } from "./points.js"
import { svgElement as svg } from "./save.js"
import { linear, logarithmic, pair, short, upTo } from "./scales.js"
import { apart, band, beyond, drawArrows, drawSeeds, seedPlaces } from "./seeds.js"

const MOST_MARKS = 45 // points of one curve
const ACROSS = { epoch: EPOCH, step: STEP, seconds: SECONDS }
const TITLES = { epoch: "Epochs", step: "Steps", seconds: "Seconds of training" }
const FLOOR = 0.05 // percent: less than one image of a thousand; an error of 0 stands on this line

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
  it.beyond = []
  it.apart = false
  draw(it, picture, box, size, axes)
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
  clip.append(svg("rect", { x: box.left - 8, y: box.top - 5, width: box.right - box.left + 16, height: box.bottom - box.top + 13 }))
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
  const [parted, together] = [[], []]
  for (const line of drawn) if (!line.faint) (apart(line.rows, y, box) ? parted : together).push(line)
  const wide = data.large ? 1.6 : 1
  it.apart = parted.length > 0
  it.banded = together.some(line => line.rows.some(row => row[RUNS] > 1))
  it.beyond = beyond(drawn, y.high, data.view.percent)
  for (const line of together) inside.append(band(line, place, y, data.view.percent ? 100 : Infinity))
  for (const line of parted) drawSeeds(inside, line, place, y, wide)
  for (const line of drawn) {
    drawMean(inside, line, place, y, { wide, smooth: data.smooth > 0 })
    if (line.faint) continue
    const seeds = seedPlaces(line.rows, place, y)
    drawArrows(picture, seeds.length ? seeds : [line.rows.map(row => [place(row), y.at(row[MEAN])])], box, line.curve.style.colour, size)
    drawEnds(picture, line, row => x.at(row[data.x]), y, box, size)
  }
}

// Where a run ended because its loss was no number any more.
function drawEnds(picture, { rows, curve }, place, y, box, size) {
  for (const end of curve.diverged) {
    const last = rows.flatMap(row => row[EACH]?.[end.run] ?? (row[EACH] ? [] : row[MEAN])).at(-1)
    if (last === undefined) continue
    const at = Math.max(box.top + size, Math.min(box.bottom, y.at(last))) + size * 0.4
    picture.append(svg("text", { class: "ended", x: place(end), y: at, "text-anchor": "middle", "font-size": size * 1.3, style: `fill:${curve.style.colour}` }, "✕"))
  }
}

// Of several seeds the mean is left out where it lies beyond the axis: the lines of the seeds go there.
function drawMean(inside, { rows: all, faint, curve }, place, y, { wide, smooth }) {
  const { colour, dash, mark } = curve.style
  const rows = all.map(row => (row[EACH] && row[MEAN] > 1.001 * y.high ? null : row))
  const path = (value, thick, opacity) =>
    svg("path", { class: "line", d: joined(rows.map(row => (row ? [place(row), y.at(row[value])] : [0, null]))), style: `stroke:${colour}`, "stroke-width": thick * wide, "stroke-dasharray": dash, "stroke-opacity": opacity })
  if (faint) inside.append(path(smooth ? SMOOTH : MEAN, 1.2, 0.8))
  else if (smooth) inside.append(path(MEAN, 1, 0.4), path(SMOOTH, 2.8, 1))
  else inside.append(path(MEAN, 2.4, 1))
  if (faint || !rows.length) return
  const shown = (rows.length <= MOST_MARKS ? rows : rows.slice(-1)).filter(Boolean)
  const opacity = smooth && rows.length <= MOST_MARKS ? 0.5 : 1
  for (const row of shown) inside.append(marked(mark, place(row), y.at(row[MEAN]), 3.4 * wide, colour, opacity))
}

// As far as a run will go at its pace, so that the picture does not shrink while it grows.
function farthest(it, rows, column) {
  const epochs = Math.max(1, ...it.runs.map(run => run.epochs))
  const whole = rows.filter(row => row[EPOCH] >= 0.5).map(row => (row[column] / row[EPOCH]) * epochs)
  return Math.max(1, ...rows.map(row => row[column]), ...whole)
}

function vertical(it, rows, box) {
  const { view, log } = it.data
  const values = rows.flatMap(measured)
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
  return linear(0, Math.max(0.01, ...values.filter(value => value <= usual)), box.bottom, box.top, 6)
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
  if (row[RUNS] > 1) return `${pair(row[MEAN], row[SPREAD], Boolean(unit))}${unit}`
  return `${unit ? row[MEAN].toFixed(1) : short(row[MEAN])}${unit}`
}
