// What the lines are: a list of curves with their last values, or a table where points of several are joined.
import { lastPoint, profileOf, said } from "./chart.js"
import { element, say } from "./dom.js"
import { marked, MEAN, SECONDS } from "./marks.js"
import { joinedLines } from "./points.js"
import { svgElement } from "./save.js"
import { short } from "./scales.js"

export function legend(it, changed) {
  const table = tabled(it, changed)
  const rows = table?.rows ?? listed(it, changed)
  const told = JSON.stringify([table?.heads, rows.map(row => row.said)])
  it.both.classList.toggle("below", Boolean(table))
  it.both.classList.toggle("empty", !it.data.ids.length)
  if (it.legendSaid === told) return
  it.legendSaid = told
  const root = it.legend.getRootNode()
  const buttons = () => [...it.legend.querySelectorAll("button")]
  const at = buttons().indexOf(root.activeElement)
  const drawn = rows.map(row => row.draw())
  it.legend.replaceChildren(table ? element("table", {}, headed(it, table), element("tbody", {}, ...drawn)) : element("ul", {}, ...drawn))
  if (at >= 0) buttons()[at]?.focus()
}

// The rows of a saved picture: what is shown, and its values.
export function saved(it) {
  const table = tabled(it, () => {})
  if (!table) return it.shown.map(curve => ({ style: curve.style, text: `${curve.label}  ${valueOf(it, curve)}` }))
  return table.rows.filter(row => !row.off).map(({ style, name, values }) => ({ style, text: `${name}  ${values.map((value, i) => `${table.heads[i]}: ${value}`).join(";  ")}` }))
}

export function valueOf(it, curve) {
  const { view } = it.data
  const { diverged, count } = curve
  if (diverged.length && diverged.length >= (count ?? 1)) return "diverged"
  if (view.kind === "layers") {
    const row = profileOf(curve.measures[view.measures[0]], it.moment ?? 0)
    return row ? `${short(row[2][0])} → ${short(row[2].at(-1))}` : ""
  }
  const row = lastPoint(curve.measures[view.measures.at(-1)])
  if (!row) return ""
  if (!view.accuracy) return said(it, row)
  const changed = [...row]
  changed[MEAN] = 100 - row[MEAN]
  return said(it, changed)
}

function listed(it, changed) {
  return [...it.curves.values()].map(curve => {
    const off = it.hidden.has(curve.key)
    const value = valueOf(it, curve)
    const lost = curve.diverged.length && value !== "diverged" ? `${curve.diverged.length} of ${curve.count} diverged` : seconds(it, curve)
    return { said: [curve.label, curve.style, value, lost, off], draw: () => {
      const values = element("b", {}, value, element("small", {}, lost))
      return element("li", {}, toggle([curve.key], curve, curve.label, off, it, changed, values))
    } }
  })
}

// Ways as rows, and as columns what they are drawn against; null where curves are not joined to several lines.
function tabled(it, changed) {
  if (it.data.view.kind !== "points") return null
  const names = joinedLines(it)
  if (names.length < 2) return null
  const at = curve => it.data.places[curve.key]
  const curves = [...it.curves.values()].filter(curve => at(curve))
  const columns = [...new Set(curves.map(curve => at(curve).x))].sort((a, b) => a - b)
  const rows = names.map(name => {
    const own = curves.filter(curve => at(curve).line === name)
    const values = columns.map(x => own.filter(curve => at(curve).x === x).map(curve => valueOf(it, curve).replace(" %", "")).join() || "–")
    const took = columns.map(x => own.filter(curve => at(curve).x === x).map(curve => seconds(it, curve)).join())
    const off = own.every(curve => it.hidden.has(curve.key))
    const keys = own.map(curve => curve.key)
    return { name, values, off, style: own[0].style, said: [name, values, took, off, own[0].style], draw: () =>
      element("tr", {}, element("th", { scope: "row" }, toggle(keys, own[0], name, off, it, changed)), ...values.map((value, i) => element("td", {}, value, element("small", {}, took[i])))) }
  })
  return { heads: columns.map(short), rows }
}

// What a point has cost: points have no axis that says it.
function seconds(it, curve) {
  const row = it.data.view.kind === "points" ? lastPoint(curve.measures[it.data.view.measures.at(-1)]) : null
  return row ? `${Number(row[SECONDS].toPrecision(2))} s` : ""
}

function headed(it, { heads }) {
  return element("thead", {}, element("tr", {}, element("th", { scope: "col" }, it.data.view.title, element("small", {}, `by ${it.data.view.across.toLowerCase()}`)), ...heads.map(head => element("th", { scope: "col" }, head))))
}

function toggle(keys, { style }, label, off, it, changed, ...more) {
  const swatch = svgElement("svg", { width: 34, height: 14, viewBox: "0 0 34 14", "aria-hidden": "true" })
  swatch.append(svgElement("line", { x1: 1, x2: 33, y1: 7, y2: 7, "stroke-width": 3, "stroke-dasharray": style.dash, style: `stroke:${style.colour}` }))
  swatch.append(marked(style.mark, 17, 7, 4, style.colour, 1))
  const made = element("button", { type: "button", "aria-pressed": String(!off), title: off ? "Show" : "Hide" }, swatch, element("span", {}, label), ...more)
  made.onclick = () => {
    for (const key of keys) off ? it.hidden.delete(key) : it.hidden.add(key)
    changed(it)
    say(it.emit, "hid", [...it.hidden])
  }
  return made
}
