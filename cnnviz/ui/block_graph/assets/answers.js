// The fields in which a person predicts the numbers of the selected layer. Enter checks one; a right answer
// leaves its place to the formula below, and the cursor goes on to the next field, then to the next layer.
import { element, mounted, say } from "./dom.js"
import { current, join, leave, step } from "./selection.js"

const KEPT = 500 // what was typed and not yet checked, in so many fields
const EDITED = "input, textarea, select, [contenteditable], .stage"

const instances = new WeakMap() // shadow root -> instance; survives reruns
const drafts = new Map() // field -> what is being typed

export function drawAnswers({ parentElement: root, data, setTriggerValue }) {
  let it = instances.get(root)
  if (!it) instances.set(root, (it = mount(root)))
  it.emit = setTriggerValue
  if (it.away && data.layer !== current()) return // the person has gone on since
  const place = `${data.of} ${data.layer}`
  const entered = it.place !== place || it.away !== null
  const focused = it.frame.contains(root.activeElement)
  const carried = it.away ? it.away.value : "" // typed while this layer was on its way
  const after = entered ? null : following(it)
  it.place = place
  it.data = data
  it.frame.classList.toggle("large", data.large)
  fill(it, entered)
  it.verdict.textContent = it.sent?.kind === "answered" && !it.rows.has(it.sent.name) && !entered ? "✓ Right." : ""
  if (entered ? focused : it.sent && !it.rows.has(it.sent.name)) focus(it, after)
  if (entered && carried && it.rows.size) type(it, carried)
  // On a phone a verdict or the next field may lie below the edge.
  if (it.frame.contains(root.activeElement)) it.frame.scrollIntoView({ block: "nearest", behavior: "instant" })
  if (entered || !it.rows.has(it.sent?.name)) it.sent = null
}

export function forgetAnswers(root) {
  const it = instances.get(root)
  if (!it) return
  leave(it.view)
  removeEventListener("keydown", it.hear)
  instances.delete(root)
}

function mount(root) {
  const note = element("p", { class: "note" })
  const fields = element("div", { class: "fields" })
  const verdict = element("span", { class: "verdict", role: "status" })
  const score = element("span", { class: "score" })
  const next = element("button", { type: "button", class: "next" }, "Next layer")
  const frame = mounted(root, "answers.css", note, fields, element("div", { class: "foot" }, verdict, score, next))
  const it = { root, frame, note, fields, verdict, score, next, rows: new Map(), place: null, sent: null, away: null }
  next.onclick = () => goOn(it)
  it.hear = event => typedAnywhere(it, event)
  it.view = { select: index => it.data && index !== it.data.layer && depart(it) }
  addEventListener("keydown", it.hear)
  // The page has shortcuts of its own, which must not hear what is typed here.
  frame.addEventListener("keydown", event => {
    if (!event.target.matches("input")) return
    event.stopPropagation()
    if (event.key === "Escape") event.target.blur()
  })
  join(it.view)
  return it
}

function fill(it, entered) {
  const { fields, note, score, end } = it.data
  const open = new Set(fields.map(({ name }) => name))
  if (entered) it.away = null
  for (const [name, { form }] of it.rows) {
    if (!entered && open.has(name)) continue
    form.remove()
    it.rows.delete(name)
  }
  if (entered) it.fields.replaceChildren()
  fields.forEach((field, at) => {
    if (!it.rows.has(field.name)) it.rows.set(field.name, row(it, field))
    const { form, message } = it.rows.get(field.name)
    if (it.fields.children[at] !== form) it.fields.insertBefore(form, it.fields.children[at] ?? null)
    if (message.textContent !== field.message) message.textContent = field.message
  })
  it.note.textContent = note
  it.score.textContent = score
  it.next.disabled = end
  it.next.classList.toggle("primary", !fields.length)
}

function row(it, { name, label, typed }) {
  const id = `answer-${name}`
  const key = `${it.place} ${name}`
  const settings = { id, type: "text", inputmode: "numeric", enterkeyhint: "go", autocomplete: "off", maxlength: 40, "aria-label": label }
  const input = element("input", settings)
  input.value = drafts.get(key) ?? typed
  input.oninput = () => {
    drafts.set(key, input.value)
    if (drafts.size > KEPT) drafts.delete(drafts.keys().next().value)
  }
  const show = element("button", { type: "button", class: "show", "aria-label": `Show ${label}` }, "Show it")
  show.onclick = () => send(it, "shown", name, name)
  const check = element("button", { type: "submit", "aria-label": `Check ${label}` }, "Check")
  const message = element("p", { class: "message", role: "status" })
  const form = element("form", {}, element("label", { for: id }, ...symbols(label)), input, check, show, message)
  form.onsubmit = event => {
    event.preventDefault()
    const said = input.value.trim()
    if (!said) return goOn(it, form)
    if (said !== it.data.fields.find(field => field.name === name)?.typed) send(it, "answered", name, { name, typed: said })
    input.focus()
  }
  return { form, input, message }
}

// `n_H` with the H lowered, as in the formulas.
function symbols(label) {
  return label.split(/(n_[HWC])/).map(part =>
    /^n_[HWC]$/.test(part) ? element("i", {}, "n", element("sub", {}, part[2])) : part)
}

function send(it, kind, name, value) {
  it.sent = { kind, name }
  it.verdict.textContent = ""
  say(it.emit, kind, { layer: it.data.layer, of: it.data.of, ...(kind === "shown" ? { name: value } : value) })
}

// The field that comes after the one that was sent, as long as that is still there.
function following(it) {
  const form = it.rows.get(it.sent?.name)?.form
  return form?.nextElementSibling ?? null
}

function focus(it, form) {
  const wanted = [...it.rows.values()].find(row => row.form === form) ?? it.rows.values().next().value
  const target = wanted?.input ?? it.next
  target.focus({ preventScroll: true })
}

// An empty field is passed over: to the next one, and after the last one to the next layer.
function goOn(it, form = null) {
  const next = form?.nextElementSibling
  if (next) return focus(it, next)
  if (!it.data.end) step(1)
}

// The next layer is on its way. What is typed meanwhile is for its first field.
function depart(it) {
  const focused = it.frame.contains(it.root.activeElement)
  it.away = element("input", { type: "text", inputmode: "numeric", "aria-label": "The next layer is on its way" })
  it.fields.replaceChildren(element("form", { class: "away" }, it.away))
  it.fields.firstChild.onsubmit = event => event.preventDefault()
  it.rows.clear()
  it.note.textContent = it.verdict.textContent = ""
  if (focused) it.away.focus({ preventScroll: true })
}

function type(it, text) {
  const { input } = it.rows.values().next().value
  input.value = text
  input.dispatchEvent(new Event("input"))
}

// A digit typed anywhere on the page goes into the first open field.
function typedAnywhere(it, event) {
  const held = event.ctrlKey || event.metaKey || event.altKey
  if (held || !/^\d$/.test(event.key) || event.composedPath().some(part => part.matches?.(EDITED))) return
  it.rows.values().next().value?.input.focus()
}
