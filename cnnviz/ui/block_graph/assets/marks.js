// What pictures of runs are drawn with: rows of numbers, styles, marks, and lines through places.
import { svgElement as svg } from "./save.js"

const DASHES = ["", "9 5", "2 4", "12 4 2 4", "5 3", "1 3"]
const COLOURS = 7
export const [STEP, EPOCH, SECONDS, MEAN, SPREAD, RUNS, SMOOTH, EACH] = [0, 1, 2, 3, 4, 5, 6, 7]

// Twins share a colour and differ in their line: "plain 8, plain 20, residual 8, residual 20".
export function styles(labels) {
  const parts = labels.map(label => /^(\S+?),?\s+(.*)$/.exec(label)?.slice(1) ?? [label, ""])
  const [firsts, rests] = [0, 1].map(i => [...new Set(parts.map(part => part[i]))])
  const twins = firsts.length > 1 && rests.length > 1 && firsts.length * rests.length === labels.length
  return parts.map(([first, rest], i) => {
    const [colour, dash] = twins ? [rests.indexOf(rest), firsts.indexOf(first)] : [i, i % DASHES.length]
    return style(colour, dash, twins ? dash : i)
  })
}

export const style = (colour, dash, mark) => ({ colour: `var(--c${colour % COLOURS})`, dash: DASHES[dash % DASHES.length], mark })

export function marked(kind, x, y, r, colour, opacity) {
  const given = { class: "mark", style: `fill:${colour}`, "fill-opacity": opacity }
  const shape = kind % 4
  if (shape === 0) return svg("circle", { ...given, cx: x, cy: y, r })
  if (shape === 1) return svg("rect", { ...given, x: x - r, y: y - r, width: 2 * r, height: 2 * r })
  const points = shape === 2 ? [[0, -1.3], [1.2, 0.9], [-1.2, 0.9]] : [[0, -1.4], [1.4, 0], [0, 1.4], [-1.4, 0]]
  return svg("polygon", { ...given, points: points.map(([a, b]) => `${x + a * r},${y + b * r}`).join(" ") })
}

// A path; a null interrupts it.
export function joined(places) {
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

// All that was measured in a row: of every run, or the one number that there is.
export const measured = row => (row[EACH] ?? [row[MEAN]]).filter(value => value !== null)
