// One point for each curve: what it reaches against what it costs, or against how many labels it has.
import { EACH, joined, marked, MEAN, style } from "./marks.js"
import { svgElement as svg } from "./save.js"
import { linear, logarithmic, short } from "./scales.js"

const NARROW = 420 // px: names have no room beside the lines, the legend has them

const of = (view, value) => (view.accuracy ? 100 - value : value)

// The lines that points are joined to, in the order in which they begin.
export const joinedLines = it => [...new Set([...it.curves.keys()].map(key => it.data.places[key]?.line).filter(Boolean))]

// Curves of one line look alike.
export function dress(it) {
  if (it.data.view.kind !== "points") return
  const names = joinedLines(it)
  if (!names.length) return
  for (const curve of it.curves.values()) {
    const at = names.indexOf(it.data.places[curve.key]?.line)
    if (at >= 0) curve.style = style(at, 0, at)
  }
}

export function drawPoints(it, picture, box, size, axes) {
  const { places, view } = it.data
  const [measure] = view.measures
  const found = it.shown.flatMap(curve => {
    const row = curve.measures[measure]?.at(-1)
    const where = places[curve.key]
    return row && where ? [{ curve, where, y: of(view, row[MEAN]), each: (row[EACH] ?? []).filter(value => value !== null).map(value => of(view, value)) }] : []
  })
  const names = [...new Set(found.map(one => one.where.line).filter(name => name && name !== "all"))]
  const beside = box.right - box.left >= NARROW
  if (names.length && beside) box.right -= Math.max(...names.map(name => name.length)) * size * 0.5
  const xs = found.map(one => one.where.x)
  const ends = [box.left + size, box.right - size * 2]
  const x = view.linear ? linear(Math.min(...xs, 1e9), Math.max(...xs, 1), ...ends) : tight(xs, ...ends)
  const values = found.flatMap(one => [one.y, ...one.each])
  const y = linear(Math.max(0, Math.min(...values, 99)), Math.min(100, Math.max(...values, 1)), box.bottom, box.top, 5)
  const inside = axes(it, picture, box, size, { x, y, across: view.across, title: view.title })
  for (const line of new Set(found.map(one => one.where.line).filter(Boolean))) {
    const sorted = found.filter(one => one.where.line === line).sort((a, b) => a.where.x - b.where.x)
    inside.append(svg("path", { class: "line", d: joined(sorted.map(one => [x.at(one.where.x), y.at(one.y)])), style: `stroke:${sorted[0].curve.style.colour}`, "stroke-width": it.data.large ? 3 : 2 }))
  }
  for (const one of found) drawPoint(inside, one, x.at(one.where.x), y, it.data.large)
  if (names.length && beside) nameLines(picture, names, found, x, y, size, box)
  if (!names.length && beside) namePoints(picture, found.filter(one => !one.where.line), x, y, size, box)
}

// Its mean; every seed is a small dot on a line from the lowest to the highest.
function drawPoint(inside, { curve, y: value, each }, a, y, large) {
  const { colour, mark } = curve.style
  if (each.length > 1) {
    inside.append(svg("line", { class: "whisker", x1: a, x2: a, y1: y.at(Math.min(...each)), y2: y.at(Math.max(...each)), style: `stroke:${colour}`, "stroke-width": 1.5 }))
    for (const seed of each) inside.append(svg("circle", { class: "dot", cx: a, cy: y.at(seed), r: large ? 4 : 3, style: `fill:${colour}` }))
  }
  inside.append(marked(mark, a, y.at(value), large ? 9 : 6.5, colour, 1))
}

// Each name beside its point, on the first side where it meets no other name, no point and no edge.
function namePoints(picture, found, x, y, size, box) {
  const ends = one => [...one.each, one.y].map(value => y.at(value)).sort((a, b) => a - b)
  const taken = found.flatMap(one => {
    const [a, b, heights] = [x.at(one.where.x), y.at(one.y), ends(one)]
    const mark = { left: a - size * 0.6, right: a + size * 0.6, top: b - size * 0.6, bottom: b + size * 0.6 }
    return [mark, { left: a - 3, right: a + 3, top: heights[0] - 3, bottom: heights.at(-1) + 3 }]
  })
  const meet = (one, other) => one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom
  for (const one of found) {
    const { curve } = one
    const [a, b, wide, gap] = [x.at(one.where.x), y.at(one.y), curve.label.length * size * 0.46, size * 0.95]
    const [high, low] = [ends(one)[0] - size * 0.7, ends(one).at(-1) + size * 1.4]
    const beside = [["start", a + gap, b - size * 0.2], ["end", a - gap, b - size * 0.2]]
    const sides = [...beside, ...[low, high].flatMap(line => [["middle", a, line], ["start", a - size * 0.4, line], ["end", a + size * 0.4, line]])]
    const places = sides.map(([anchor, at, line]) => {
      const left = at - { start: 0, end: wide, middle: wide / 2 }[anchor]
      return { anchor, at, line, left, right: left + wide, top: line - size, bottom: line + size * 0.25 }
    })
    const free = places.find(place => place.left > box.left && place.right < box.right && place.bottom < box.bottom && !taken.some(other => meet(place, other))) ?? places[0]
    taken.push(free)
    picture.append(svg("text", { class: "name", x: free.at, y: free.line, "text-anchor": free.anchor }, curve.label))
  }
}

// Names at the ends of lines, moved apart where two would touch.
function nameLines(picture, names, found, x, y, size, box) {
  const ends = names.map(name => {
    const last = found.filter(one => one.where.line === name).reduce((a, b) => (a.where.x > b.where.x ? a : b))
    return { name, x: x.at(last.where.x), y: y.at(last.y), colour: last.curve.style.colour }
  }).sort((a, b) => a.y - b.y)
  ends.forEach((end, i) => { if (i) end.y = Math.max(end.y, ends[i - 1].y + size * 1.25) })
  const over = ends.at(-1).y - box.bottom
  if (over > 0) ends.forEach(end => (end.y -= over))
  for (const end of ends) picture.append(svg("text", { class: "name", x: end.x + size * 0.9, y: end.y + size * 0.35, "text-anchor": "start", style: `fill:${end.colour}`, "font-weight": 600 }, end.name))
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
