// A table of whatever is compared: sorts by a click on a head, its first column stays in sight.
import { element, mounted } from "./dom.js"

const LONG = 36 // letters of a text that may break into lines

const stages = new WeakMap() // shadow root -> where the table is, and what it was drawn from

export function drawSheet({ parentElement, data }) {
  let it = stages.get(parentElement)
  if (!it) {
    it = { stage: element("div", { class: "stage" }), text: "" }
    mounted(parentElement, "sheet.css", it.stage)
    stages.set(parentElement, it)
  }
  const text = JSON.stringify(data)
  if (it.text === text) return
  it.text = text
  fill(it, data)
}

export function forgetSheet(root) {
  stages.delete(root)
}

function fill(it, { columns, label, total, large }) {
  const rows = columns[0].texts.map((_, row) => element("tr", {}, ...columns.map((column, i) => cell(column, row, i))))
  const last = total ? rows.pop() : null
  const body = element("tbody", {}, ...rows)
  const heads = columns.map(({ name, numeric }, i) => {
    const sorter = element("button", { type: "button" }, name)
    sorter.onclick = () => sort(it, { body, rows, values: columns[i].values, column: i })
    return element("th", { scope: "col", class: numeric ? "number" : "" }, sorter)
  })
  const parts = [element("thead", {}, element("tr", {}, ...heads)), body]
  if (last) parts.push(element("tfoot", {}, last))
  it.stage.replaceChildren(element("table", { "aria-label": label, class: large ? "large" : "" }, ...parts))
  it.stage.tabIndex = 0 // what scrolls can be scrolled by keyboard
  it.sorted = null
}

function cell({ texts, values, numeric, bars }, row, column) {
  const sort = numeric ? "number" : texts[row].length > LONG ? "long" : ""
  const made = column ? element("td", { class: sort }) : element("th", { scope: "row", class: sort })
  made.append(...(column ? [texts[row]] : breakable(texts[row])))
  const largest = bars ? Math.max(...values.map(value => Math.abs(value ?? 0))) : 0
  if (largest && values[row] !== null) {
    made.classList.add("bar")
    made.style.setProperty("--part", `${(100 * Math.abs(values[row])) / largest}%`)
  }
  return made
}

// On a phone a name may break where its variant and its options begin.
function breakable(text) {
  return text.split(/(?=@)|(?<=[,_])/).flatMap((part, i) => (i ? [element("wbr"), part] : [part]))
}

// Descending, ascending, as it came: who is largest is asked first.
function sort(it, { body, rows, values, column }) {
  const way = it.sorted?.column !== column ? -1 : it.sorted.way === -1 ? 1 : 0
  it.sorted = way ? { column, way } : null
  const order = [...rows.keys()]
  if (way) order.sort((a, b) => compare(values[a], values[b], way) || a - b)
  body.replaceChildren(...order.map(index => rows[index]))
  it.stage.querySelectorAll("thead th").forEach((head, i) => {
    if (way && i === column) head.setAttribute("aria-sort", way === 1 ? "ascending" : "descending")
    else head.removeAttribute("aria-sort")
  })
}

// What does not apply comes last, whichever way.
function compare(a, b, way) {
  if (a === null || b === null) return (a === null) - (b === null)
  return way * (typeof a === "number" ? a - b : a.localeCompare(b))
}
