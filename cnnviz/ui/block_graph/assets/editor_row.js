// One row of a design: what it is, what it costs, and its fields where it is open.
import { button, element } from "./dom.js"
import { kinds, limits } from "./kinds.js"

const byName = Object.fromEntries(kinds.map(kind => [kind.name, kind]))
const number = new Intl.NumberFormat("en-US")
const REPEAT = {
  name: "repeat", kind: "int", default: 1, minimum: 1, maximum: limits.repeat, step: 1,
  help: "How often this row stands here, one behind the other", rule: `a whole number from 1 to ${limits.repeat}`,
}
const PAUSE_MS = 250 // after the last digit, before it is sent

export function drawRow(it, row, index) {
  const kind = byName[row.kind]
  const open = it.open === index
  const grip = element("button", { type: "button", class: "grip", "aria-label": `Move row ${index + 1}`, title: "Drag to move" }, "⠿")
  const what = element("button", { type: "button", class: "what", "aria-expanded": open, title: kind.help },
    element("b", {}, kind.title), " ", element("span", { class: "brief" }), element("span", { class: "times" }))
  what.onclick = () => it.act.toggle(index)
  const numbers = ["size", "parameters", "macs"].map(name => element("span", { class: name }))
  const acts = element("span", { class: "acts" },
    button(element("i", { class: "copy" }), `Duplicate row ${index + 1}`, () => it.act.duplicate(index)),
    button("✕", `Delete row ${index + 1}`, () => it.act.remove(index)))
  const line = element("div", { class: "line" }, grip, element("span", { class: "index" }, index + 1), what, ...numbers, acts)
  const item = element("li", { "data-index": index, class: `${kind.group}${open ? " open" : ""}` }, line)
  item.append(element("p", { class: "problem", role: "status" }))
  if (open) item.append(fields(it, row, index, kind))
  return item
}

export function fillRow(item, told, { most, sums, cost, wrong, index, problem, fix }) {
  const part = name => item.querySelector(`.${name}`)
  const [brief, ...times] = told.text.split(" ×")
  part("brief").textContent = brief
  part("times").textContent = times.length ? `×${times[0]}` : ""
  part("size").textContent = told.size
  for (const name of ["parameters", "macs"]) {
    const cell = part(name)
    const share = told[name] / most[name]
    cell.textContent = told[name] ? number.format(told[name]) : ""
    cell.style.setProperty("--part", `${100 * share}%`)
    cell.title = told[name] ? `${number.format(sums[name])} up to here` : ""
  }
  part("macs").dataset.unit = cost.split(" as ")[0] // on a phone; the total says the rest
  item.classList.toggle("wrong", wrong === index)
  item.classList.toggle("waits", wrong !== null && index > wrong)
  const message = item.querySelector(":scope > .problem")
  const text = wrong === index ? `${problem}${fix ? `: ${fix}` : ""}.` : ""
  if (message.textContent !== text) message.textContent = text
}

function fields(it, row, index, kind) {
  const value = option => row[option.name] ?? option.default
  const made = [REPEAT, ...kind.options].map(option => field(option, value(option), next => it.act.edit(index, option.name, next)))
  const moves = element("div", { class: "moves" },
    button("↑ Up", `Move row ${index + 1} up`, () => it.act.move(index, index - 1)),
    button("↓ Down", `Move row ${index + 1} down`, () => it.act.move(index, index + 1)))
  return element("div", { class: "fields" }, ...made, moves)
}

// A labelled field for one option; `put` gets values that its rule allows and no others.
function field(option, value, put) {
  const label = element("label", { title: option.help }, element("span", {}, option.name.replaceAll("_", " ")))
  const note = element("small", { role: "alert" })
  const control = { bool: checkbox, choice: select }[option.kind] ?? numeric
  label.append(control(option, value, put, note), note)
  return label
}

function checkbox(option, value, put) {
  const box = element("input", { type: "checkbox" })
  box.checked = value
  box.onchange = () => put(box.checked)
  return box
}

function select(option, value, put) {
  const box = element("select", {}, ...option.choices.map(choice => element("option", {}, choice)))
  box.value = value
  box.onchange = () => put(box.value)
  return box
}

function numeric(option, value, put, note) {
  const box = element("input", {
    type: "number", inputmode: option.kind === "int" ? "numeric" : "decimal",
    min: option.minimum, max: option.maximum, step: option.step,
  })
  box.value = value
  let waiting
  const commit = () => {
    clearTimeout(waiting)
    const fits = box.value !== "" && box.checkValidity()
    box.setAttribute("aria-invalid", String(!fits))
    note.textContent = fits ? "" : `must be ${option.rule}`
    if (fits && Number(box.value) !== value) put((value = Number(box.value)))
  }
  box.oninput = () => {
    clearTimeout(waiting)
    waiting = setTimeout(commit, PAUSE_MS)
  }
  box.onchange = commit
  return box
}
