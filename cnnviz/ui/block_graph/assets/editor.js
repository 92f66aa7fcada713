// The editor of a design. The rows are the browser's: an edit is seen at once and sent as the whole design, so that
// quick ones cannot cross; the server answers with what the rows cost.
import { button, element, mounted, say } from "./dom.js"
import { draggable } from "./editor_drag.js"
import { drawHead } from "./editor_head.js"
import { drawRow, fillRow } from "./editor_row.js"
import { kinds, limits } from "./kinds.js"

const instances = new WeakMap() // shadow root -> instance; survives reruns
const MOST_UNHEARD = 12 // edits

export function drawEditor({ parentElement, data, setTriggerValue }) {
  let it = instances.get(parentElement)
  if (!it) instances.set(parentElement, (it = mount(parentElement, data.turn)))
  it.emit = setTriggerValue
  it.unheard = it.unheard.filter(edit => edit.turn > data.turn)
  if (data.turn < it.turn) return // an answer to what has been edited since
  it.turn = data.turn
  it.told = data.told
  if (JSON.stringify(data.design) !== JSON.stringify(it.design)) {
    it.design = structuredClone(data.design)
    if (it.open >= it.design.rows.length) it.open = -1
    rebuild(it)
  } else fill(it)
}

export const forgetEditor = root => instances.delete(root)

function mount(root, turn) {
  const it = { turn, open: -1, design: null, told: null, unheard: [] }
  it.head = element("div", { class: "head" })
  it.list = element("ol", { class: "rows", "aria-label": "Rows" })
  it.empty = element("p", { class: "empty" }, "No rows yet. Add the first one below, or begin with an example: Start.")
  it.note = element("p", { class: "problem", role: "status" })
  it.titles = titles()
  it.frame = mounted(root, "editor.css", it.head, it.titles, it.list, it.empty, it.note, adding(it), keysHelp())
  it.list.addEventListener("keydown", event => key(it, event))
  it.frame.addEventListener("keydown", event => undoKey(it, event))
  draggable(it.list, (from, to) => move(it, from, to))
  it.act = {
    edit: (index, name, value) => edit(it, rows => { rows[index] = { ...rows[index], [name]: value } }, { redraw: false }),
    whole: change => { change(it.design); send(it) },
    toggle: index => { it.open = it.open === index ? -1 : index; rebuild(it); focusRow(it, index) },
    duplicate: index => duplicate(it, index),
    remove: index => remove(it, index),
    move: (from, to) => move(it, from, to),
    step: way => step(it, way),
  }
  return it
}

// The design after a change, drawn and sent.
function edit(it, change, { redraw = true } = {}) {
  change(it.design.rows)
  if (redraw) rebuild(it)
  send(it)
}

// Of what is said while the server is busy only the last reaches it, so that each edit says those before it that
// have had no answer: undo takes them back one by one.
function send(it) {
  it.turn += 1
  it.unheard.push({ turn: it.turn, design: structuredClone(it.design) })
  it.unheard = it.unheard.slice(-MOST_UNHEARD)
  say(it.emit, "edited", it.unheard)
}

function step(it, way) {
  it.turn += 1
  say(it.emit, "stepped", { turn: it.turn, way })
}

function add(it, kind) {
  if (it.design.rows.length >= limits.rows) return
  const index = it.open < 0 ? it.design.rows.length : it.open + 1
  const row = { kind: kind.name }
  it.told?.rows.splice(index, 0, { text: kind.name, size: "…", parameters: 0, macs: 0 })
  it.open = index
  edit(it, rows => rows.splice(index, 0, row))
  focusRow(it, index)
}

function duplicate(it, index) {
  if (it.design.rows.length >= limits.rows) return
  it.told?.rows.splice(index, 0, it.told.rows[index])
  if (it.open >= index) it.open += 1
  edit(it, rows => rows.splice(index, 0, structuredClone(rows[index])))
  focusRow(it, index + 1)
}

function remove(it, index) {
  it.told?.rows.splice(index, 1)
  if (it.open === index) it.open = -1
  else if (it.open > index) it.open -= 1
  edit(it, rows => rows.splice(index, 1))
  focusRow(it, Math.min(index, it.design.rows.length - 1))
}

function move(it, from, to) {
  if (to < 0 || to >= it.design.rows.length || from === to) return
  const open = it.open < 0 ? null : it.design.rows[it.open]
  it.told?.rows.splice(to, 0, ...it.told.rows.splice(from, 1))
  edit(it, rows => {
    rows.splice(to, 0, ...rows.splice(from, 1))
    it.open = rows.indexOf(open)
  })
  focusRow(it, to)
}

function rebuild(it) {
  const focused = it.list.getRootNode().activeElement?.closest?.("li")
  drawHead(it)
  it.list.replaceChildren(...it.design.rows.map((row, index) => drawRow(it, row, index)))
  it.empty.hidden = it.design.rows.length > 0
  if (focused) focusRow(it, Math.min(focused.dataset.index, it.design.rows.length - 1))
  fill(it)
}

// What the server told, put where it belongs.
function fill(it) {
  const { told } = it
  const most = Object.fromEntries(["parameters", "macs"].map(name => [name, Math.max(1, ...told.rows.map(row => row[name]))]))
  const sums = { parameters: 0, macs: 0 }
  ;[...it.list.children].forEach((item, index) => {
    const row = told.rows[index]
    if (!row) return
    sums.parameters += row.parameters
    sums.macs += row.macs
    fillRow(item, row, { most, sums, cost: told.cost, wrong: told.wrong, index, problem: told.problem, fix: told.fix })
  })
  it.titles.lastChild.textContent = told.cost
  it.totals.textContent = told.totals
  it.undo.disabled = !told.undo
  it.redo.disabled = !told.redo
  it.note.textContent = told.error
}

function key(it, event) {
  const what = event.target.closest(".what, .grip")
  if (!what) return
  const index = Number(event.target.closest("li").dataset.index)
  const by = { ArrowUp: -1, ArrowDown: 1 }[event.key]
  if (by && event.altKey) move(it, index, index + by)
  else if (by) focusRow(it, index + by)
  else if (event.key === "Delete") remove(it, index)
  else if (event.key.toLowerCase() === "d" && (event.ctrlKey || event.metaKey)) duplicate(it, index)
  else return
  event.preventDefault()
  event.stopPropagation() // the page has arrow keys of its own
}

function undoKey(it, event) {
  const letter = event.key.toLowerCase()
  if (!(event.ctrlKey || event.metaKey) || !"zy".includes(letter) || event.target.matches("input")) return
  event.preventDefault()
  step(it, letter === "y" || event.shiftKey ? "redo" : "undo")
}

function focusRow(it, index) {
  it.list.children[index]?.querySelector(".what").focus()
}

function titles() {
  const words = ["Row", "Output", "Parameters", ""].map(word => element("span", {}, word))
  return element("div", { class: "titles", "aria-hidden": "true" }, ...words)
}

function adding(it) {
  const groups = { layers: "Add a layer", blocks: "Add a block" }
  const lines = Object.entries(groups).map(([group, words]) => {
    const chips = kinds.filter(kind => kind.group === group).map(kind => {
      const chip = button(kind.title, `Add: ${kind.title}`, () => add(it, kind))
      chip.title = kind.help
      return chip
    })
    return element("div", { class: "chips", role: "group", "aria-label": words }, element("b", {}, words), ...chips)
  })
  return element("div", { class: "adding" }, ...lines)
}

const keysHelp = () =>
  element("p", { class: "keys" }, "Keys on a row: Enter opens, ↑ ↓ go, Alt ↑ ↓ move, Ctrl D duplicates, Del deletes, Ctrl Z undoes.")
