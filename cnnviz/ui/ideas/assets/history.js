// The ImageNet years as bars, each a link into Explore, and the same as a table.
import { short } from "../scales.js"
import { choice, element, fill, room, stage, svg } from "./kit.js"

const MEASURES = [["error", "top-5 error"], ["depth", "depth"], ["macs", "multiplications"], ["parameters", "parameters"]]
const SAID = { error: value => `${Number(value.toPrecision(3))} %`, depth: value => `${value}`, macs: value => short(value), parameters: value => short(value) }
const none = { error: "none published", depth: "no network", macs: "no network", parameters: "no network" }

export default function make(it) {
  const of = choice(it, "of", "Of", [["competition", "the best of each year"], ["catalogue", "one model, from the catalogue"]])
  const measure = choice(it, "measure", "Show", MEASURES)
  const [place, listed, note] = [element("div", { class: "picture" }), element("table"), element("p", { class: "note" })]
  const draw = stage(place, "")
  it.frame.append(element("div", { class: "bar" }, of.box, measure.box), element("div", { class: "both" }, element("div", { class: "side" }, place, note), element("div", { class: "side tall" }, listed)))
  it.files = () => [{
    name: "years", label: "Bars by year", of: ["of", "measure"], place,
    said: `${MEASURES.find(([name]) => name === it.state.measure)[1]}; ${it.state.of === "competition" ? "the best of each year, errors of several models averaged" : "one model each, from the catalogue"}`,
    rows: () => [["year", "title", "top-5 error in %", "depth", "MACs", "parameters", "source"], ...it.data[it.state.of].map(row => [row.year, row.title, row.error, row.depth, row.macs, row.parameters, row.source])],
  }]
  return () => {
    of.show()
    measure.show()
    const rows = it.data[it.state.of]
    drawn(it, place, draw, rows)
    fill(listed, [it.state.of], () => tabled(rows))
    note.textContent = it.state.of === "competition"
      ? "Errors are those of the competition, of several models averaged; depth and cost are of the one network in the catalogue. A bar leads into Explore."
      : "One model, as published for the catalogue's variant; crops differ. A bar leads into Explore."
  }
}

function drawn(it, place, draw, rows) {
  const { width, height, size } = room(it, place, { ratio: 1.25, tall: 520, share: 0.58 })
  const name = it.state.measure
  const most = Math.max(...rows.map(row => row[name] ?? 0))
  const many = rows.length > 12
  const high = Math.min(size * 3, (height - size) / rows.length)
  const text = Math.min(size, high * 0.92)
  const left = text * (many ? 12.6 : 11.2)
  const parts = rows.map((row, i) => {
    const y = i * high + high * 0.5
    const value = row[name]
    const wide = value === undefined || value === null ? 0 : Math.max(1, (value / most) * (width - left - text * 5))
    const group = svg("a", row.link ? { href: row.link, target: "_top", "aria-label": `${row.title}, ${row.year}, in Explore` } : { "aria-disabled": "true" })
    const colour = row.link ? "--c0" : "--c6"
    group.append(
      svg("rect", { x: 0, y: y - high / 2, width, height: high, fill: "transparent" }),
      svg("text", { x: 0, y: y + text * 0.35, "font-size": text, style: "fill:var(--st-text-color);opacity:0.8" }, row.year),
      svg("text", { x: text * 3, y: y + text * 0.35, "font-size": text, "font-weight": 600, style: row.link ? "fill:var(--st-link-color, var(--st-primary-color))" : "" }, row.title),
      svg("rect", { x: left, y: y - high * 0.34, width: wide, height: high * 0.68, rx: 2, style: `fill:var(${colour});fill-opacity:0.85` }),
      svg("text", { x: left + wide + 5, y: y + text * 0.35, "font-size": text }, value === undefined || value === null ? none[name] : SAID[name](value)),
    )
    return group
  })
  draw(width, Math.ceil(rows.length * high + 2), size, ...parts)
  place.firstChild.setAttribute("role", "group")
  place.firstChild.setAttribute("aria-label", rows.map(row => `${row.year} ${row.title}: ${row[name] === undefined || row[name] === null ? none[name] : SAID[name](row[name])}`).join("; "))
}

function tabled(rows) {
  const words = rows.some(row => row.words)
  const heads = ["year", "", ...MEASURES.map(([, text]) => text)]
  const said = (row, name) => (row[name] === undefined || row[name] === null ? "–" : SAID[name](row[name]))
  const body = rows.map(row => {
    const title = row.link ? element("a", { href: row.link, target: "_top" }, row.title) : row.title
    const line = element("tr", {}, element("th", { scope: "row" }, String(row.year)), element("td", { class: "name" }, title, ...(words ? [element("small", {}, row.words, " (", element("a", { href: row.paper, target: "_blank", rel: "noopener" }, row.source), ")")] : [])))
    line.append(...MEASURES.map(([name]) => element("td", {}, said(row, name))))
    return line
  })
  return [element("thead", {}, element("tr", {}, ...heads.map(text => element("th", { scope: "col" }, text)))), element("tbody", {}, ...body)]
}
