// The layer table in the browser: rows that can be picked, bars that compare a number with its column's largest.
import { element, mounted } from "./dom.js"
import { MANY, current, inNextFrame, join, leave, pick, reveal as scrollTo } from "./selection.js"

const instances = new WeakMap() // shadow root -> instance; survives reruns
const number = new Intl.NumberFormat("en-US")
const HIDDEN = "?" // where a number is to be predicted

export function drawTable({ parentElement, data }) {
  let it = instances.get(parentElement)
  if (!it) instances.set(parentElement, (it = mount(parentElement)))
  it.stage.style.maxHeight = `${data.height}px`
  const { told, ...rest } = data
  const text = JSON.stringify(rest)
  if (it.text !== text) fill(it, data)
  it.text = text
  reveal(it, { of: data.of, cells: told })
}

export function forgetTable(root) {
  const it = instances.get(root)
  if (!it) return
  it.observer.disconnect()
  leave(it.view)
  instances.delete(root)
}

function mount(root) {
  const stage = element("div", { class: "stage" })
  mounted(root, "table.css", stage)
  const it = { stage, rows: [] }
  it.view = { select: index => mark(it, index), reveal: told => reveal(it, told) }
  it.observer = new ResizeObserver(() => mark(it, current())) // there is nothing to scroll before it has a size
  it.observer.observe(stage)
  join(it.view)
  stage.addEventListener("click", event => {
    const head = event.target.closest("th button")
    const row = event.target.closest("tbody tr")
    if (head) sort(it, Number(head.dataset.column))
    else if (row) pick(Number(row.dataset.index))
  })
  stage.addEventListener("keydown", event => key(it, event))
  return it
}

function fill(it, { columns, label, of }) {
  const heads = columns.map(({ name, help, values }, i) => {
    const sorter = element("button", { type: "button", title: help, "data-column": i }, name)
    return element("th", { scope: "col", class: numeric(values) ? "number" : "" }, sorter)
  })
  it.of = of
  it.columns = columns.map(column => ({ ...column, values: [...column.values] })) // answers are written into them
  it.rows = columns[0].values.map((_, index) =>
    element("tr", { "data-index": index, tabindex: "-1" }, ...columns.map(column => cell(column, index))))
  columns.forEach((_, i) => bars(it, i))
  it.body = element("tbody", {}, ...it.rows)
  it.stage.replaceChildren(element("table", { "aria-label": label }, element("thead", {}, element("tr", {}, ...heads)), it.body))
  it.sorted = it.selected = null
  mark(it, current())
}

// Numbers that are not to be predicted any more: [row, column, number].
function reveal(it, { of, cells }) {
  if (of !== it.of) return // they belong to another network, or to other hidden quantities
  const changed = new Set()
  for (const [row, column, value] of cells) {
    const { values } = it.columns[column]
    if (values[row] === value) continue
    values[row] = value
    it.rows[row].children[column].replaceWith(cell(it.columns[column], row))
    changed.add(column)
  }
  for (const column of changed) bars(it, column)
}

const numeric = values => values.some(value => typeof value === "number" || value === HIDDEN)

function cell({ values, unit }, index) {
  const value = values[index]
  if (value === HIDDEN) return element("td", { class: "number hidden", "aria-label": "to be predicted" }, HIDDEN)
  const is = typeof value === "number" ? "number" : ""
  const made = element("td", { class: is }, value === null ? "" : is ? shown(value, unit) : value)
  if (!is) made.title = value ?? ""
  return made
}

// Each number as a part of the largest one that is known.
function bars(it, column) {
  const { values, bar } = it.columns[column]
  const largest = bar ? Math.max(...values.filter(Number), 0) : 0
  if (!largest) return
  values.forEach((value, row) => {
    const made = it.rows[row].children[column]
    made.classList.toggle("bar", value !== HIDDEN)
    made.style.setProperty("--part", `${(100 * (Number(value) || 0)) / largest}%`)
  })
}

function shown(value, unit) {
  if (unit !== "bytes") return number.format(value)
  for (const name of ["B", "kB", "MB", "GB"]) {
    if (value < 999.5 || name === "GB") return `${Number(value.toPrecision(3))} ${name}`
    value /= 1000
  }
}

function mark(it, index) {
  const row = it.rows[index]
  if (row !== it.selected) {
    it.selected?.removeAttribute("aria-selected")
    it.selected?.setAttribute("tabindex", "-1")
    row?.setAttribute("aria-selected", "true")
    row?.setAttribute("tabindex", "0")
    it.selected = row
  }
  if (row) inNextFrame(it, () => seen(it))
}

function seen({ stage, rows, selected: row }) {
  if (row) scrollTo(stage, row, { margin: row.offsetHeight + 6, across: false, atOnce: rows.length > MANY }) // the head covers a row's height
}

function key(it, event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("button")) return
  const row = event.target.closest("tbody tr")
  const next = { ArrowDown: row?.nextElementSibling, ArrowUp: row?.previousElementSibling }
  if (!row || !(event.key in next)) return
  event.preventDefault()
  event.stopPropagation()
  if (!next[event.key]) return
  pick(Number(next[event.key].dataset.index))
  next[event.key].focus({ preventScroll: true })
}

// Ascending, descending, as executed.
function sort(it, column) {
  const way = it.sorted?.column !== column ? 1 : it.sorted.way === 1 ? -1 : 0
  it.sorted = way ? { column, way } : null
  const values = it.columns[column].values.map(value => (value === HIDDEN ? null : value))
  const order = [...it.rows.keys()]
  if (way) order.sort((a, b) => way * compare(values[a], values[b]) || a - b)
  it.body.replaceChildren(...order.map(index => it.rows[index]))
  it.stage.querySelectorAll("th").forEach((head, i) => {
    if (way && i === column) head.setAttribute("aria-sort", way === 1 ? "ascending" : "descending")
    else head.removeAttribute("aria-sort")
  })
}

function compare(a, b) {
  if (a === b) return 0
  if (a === null) return -1
  if (b === null) return 1
  return typeof a === "number" ? a - b : String(a).localeCompare(b)
}
