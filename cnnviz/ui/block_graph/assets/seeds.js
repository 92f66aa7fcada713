// The seeds of a curve: a band while they go together, a thin line each where they part; and what lies beyond the axis.
import { EACH, EPOCH, joined, MEAN, measured, RUNS, SPREAD } from "./marks.js"
import { svgElement as svg } from "./save.js"
import { short } from "./scales.js"

const APART = 0.25 // of the picture's height: a band that is wider says less than its seeds do

// Whether a band would cover more than it tells.
export function apart(rows, y, box) {
  const most = 1.001 * y.high // a run beyond the axis is apart from those on it
  return rows.some(row => row[RUNS] > 1 && (Math.max(...measured(row)) > most
    || Math.abs(y.at(row[MEAN] + row[SPREAD]) - y.at(Math.max(y.low, row[MEAN] - row[SPREAD]))) > APART * (box.bottom - box.top)))
}

export function band({ rows, curve }, place, y, most) {
  const several = rows.filter(row => row[RUNS] > 1)
  const upper = several.map(row => [place(row), y.at(Math.min(most, row[MEAN] + row[SPREAD]))])
  const lower = several.map(row => [place(row), y.at(Math.max(0, row[MEAN] - row[SPREAD]))]).reverse()
  return svg("path", { class: "band", d: several.length > 1 ? `${joined([...upper, ...lower])}Z` : "", style: `fill:${curve.style.colour}`, "fill-opacity": 0.16 })
}

// Places of each seed's points, one list a seed.
export function seedPlaces(rows, place, y) {
  const count = Math.max(0, ...rows.map(row => row[EACH]?.length ?? 0))
  return Array.from({ length: count }, (_, seed) => rows.map(row => {
    const value = row[EACH]?.[seed] ?? null
    return [place(row), value === null ? null : y.at(value)]
  }))
}

export function drawSeeds(inside, { rows, curve }, place, y, wide) {
  const { colour, dash } = curve.style
  for (const places of seedPlaces(rows, place, y)) {
    inside.append(svg("path", { class: "line seed", d: joined(places), style: `stroke:${colour}`, "stroke-width": 1.2 * wide, "stroke-dasharray": dash, "stroke-opacity": 0.75 }))
    if (places.length <= 45) for (const [a, b] of places) if (b !== null) inside.append(svg("circle", { class: "dot", cx: a, cy: b, r: 1.9 * wide, style: `fill:${colour}` }))
  }
}

// Where lines leave the picture at its upper edge: an arrow for each place.
export function drawArrows(picture, lines, box, colour, size) {
  const found = []
  for (const places of lines) {
    places.forEach(([x, y], i) => {
      const [before, high] = places[i - 1] ?? [x, y]
      if (y === null || high === null || y >= box.top - 1 || high < box.top - 1) return
      const at = Math.max(box.left + size * 0.5, before + (x - before) * ((high - box.top) / (high - y)))
      if (found.some(other => Math.abs(other - at) < size)) return
      found.push(at)
      const [r, top] = [size * 0.42, box.top - size * 0.3]
      picture.append(svg("polygon", { class: "beyond", points: `${at},${top} ${at + r},${top + r * 1.7} ${at - r},${top + r * 1.7}`, style: `fill:${colour}` }))
    })
  }
}

// In words, for the caption: what the picture does not reach.
export function beyond(drawn, high, percent) {
  return drawn.flatMap(({ name, rows, faint }) => {
    const most = Math.max(...rows.flatMap(measured))
    if (faint || !(most > high * 1.001)) return []
    const row = rows.find(one => measured(one).includes(most))
    const at = row[EPOCH] === Math.round(row[EPOCH]) ? ` in epoch ${row[EPOCH]}` : ""
    return [`▲ Beyond the picture: ${name}, up to ${short(most)}${percent ? " %" : ""}${at}. The logarithmic axis shows it.`]
  })
}
