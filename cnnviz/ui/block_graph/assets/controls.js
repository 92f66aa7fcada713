// Numbers that can be slid and typed. The server checks both alike: what is not possible stays in its field
// with a sentence below, and the picture stays at the last numbers that were.
import { element, mounted, say } from "./dom.js"

const PAUSE_MS = 120 // a slider that moves speaks this often
const PATIENCE_MS = 4000 // after which an answer that did not come is not waited for
const instances = new WeakMap() // shadow root -> instance; survives reruns

export function drawControls({ parentElement: root, data, setTriggerValue }) {
  let it = instances.get(root)
  if (!it) instances.set(root, (it = { rows: new Map(), frame: mounted(root, "controls.css") }))
  if (!it.heard) {
    it.heard = true
    it.frame.addEventListener("keydown", event => event.stopPropagation()) // the page has shortcuts of its own
  }
  it.emit = setTriggerValue
  if (it.of !== data.of) {
    it.of = data.of
    it.rows.clear()
    it.frame.replaceChildren()
  }
  for (const row of data.rows) {
    if (!it.rows.has(row.name)) {
      const made = row.switch ? toggle(it, row) : number(it, row)
      it.rows.set(row.name, made)
      it.frame.append(made.box)
    }
    it.rows.get(row.name).show(row)
  }
}

function send(it, made, typed) {
  if (made.sent?.typed === typed) return
  const sent = (made.sent = { typed })
  setTimeout(() => { if (made.sent === sent) made.sent = null }, PATIENCE_MS)
  // Of what is said while the server is busy only the last reaches it: it holds all that had no answer yet.
  const typedOf = [...it.rows.values()].filter(row => row.sent && row !== made).map(row => [row.name, row.sent.typed])
  say(it.emit, "changed", { of: it.of, typed: [...typedOf, [made.name, typed]] })
}

// Whether the server still speaks of something older than what was last sent.
function late(made, row) {
  if (made.sent && made.sent.typed !== row.typed && Number(made.sent.typed) !== row.value) return true
  made.sent = null
  return false
}

function toggle(it, { name, label, help }) {
  const input = element("input", { type: "checkbox", role: "switch", id: `control-${name}` })
  const box = element("div", { class: "row", title: help }, element("label", { for: input.id, class: "switch" }, input, ...symbols(label)))
  const made = { name, box, sent: null }
  input.onchange = () => send(it, made, input.checked ? "1" : "0")
  made.show = row => {
    if (!late(made, row)) input.checked = row.value === 1
  }
  return made
}

function number(it, { name, label, help }) {
  const id = `control-${name}`
  const slider = element("input", { type: "range", "aria-label": `${label}, slider` })
  const field = element("input", { id, type: "text", inputmode: "numeric", autocomplete: "off", maxlength: 12, spellcheck: "false", "aria-describedby": `${id}-message` })
  const message = element("p", { id: `${id}-message`, role: "status" })
  const box = element("div", { class: "row", title: help }, element("label", { for: id }, ...symbols(label)), slider, field, message)
  const made = { name, box, sent: null }
  let [row, timer, moving, edited] = [null, 0, false, false]
  const slid = () => String(row.steps.length ? row.steps[slider.value] : slider.value)
  slider.oninput = () => {
    moving = true
    edited = false
    field.value = slid()
    clearTimeout(timer)
    timer = setTimeout(() => send(it, made, slid()), PAUSE_MS)
  }
  slider.onchange = () => {
    moving = false
    clearTimeout(timer)
    send(it, made, slid())
  }
  field.oninput = () => (edited = true)
  field.onchange = () => {
    edited = false
    send(it, made, field.value.trim())
  }
  field.onkeydown = event => {
    const by = { ArrowUp: 1, ArrowDown: -1 }[event.key]
    if (!by) return
    event.preventDefault()
    if (row.steps.length) slider.value = Number(slider.value) + by
    else slider.value = Number(slider.value) + by * row.step
    slider.oninput()
    slider.onchange()
  }
  made.show = now => {
    row = now
    box.classList.toggle("fixed", row.fixed)
    slider.disabled = field.disabled = row.fixed
    const ends = row.steps.length ? [0, row.steps.length - 1, 1] : [row.least, row.most, row.step]
    ;[slider.min, slider.max, slider.step] = ends
    if (moving || edited || late(made, row)) return
    slider.value = row.steps.length ? row.steps.indexOf(row.value) : row.value
    field.value = row.typed
    field.setAttribute("aria-invalid", String(Boolean(row.message)))
    if (message.textContent !== row.message) message.textContent = row.message
  }
  return made
}

// `n_H` with the H lowered, as in the formulas.
function symbols(label) {
  return label.split(/(n_[HWC])/).map(part =>
    /^n_[HWC]$/.test(part) ? element("i", {}, "n", element("sub", {}, part[2])) : part)
}
