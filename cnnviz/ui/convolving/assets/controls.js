// What can be chosen and typed: the kind, its numbers, the input, the weights.
import { known } from "./known.js"
import { element, refill } from "./shared.js"

export function controls(it) {
  const kinds = element("div", { class: "kinds", role: "radiogroup", "aria-label": "Kind of operation" })
  for (const { name, title } of known.kinds) {
    const made = element("button", { type: "button", role: "radio", "data-kind": name }, title)
    made.onclick = () => it.tell({ kind: name, values: {}, input: "", weights: "", place: "" })
    kinds.append(made)
  }
  kinds.addEventListener("keydown", event => {
    const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key]
    if (!by) return
    event.preventDefault()
    event.stopPropagation()
    const all = [...kinds.children]
    const next = all[(all.indexOf(event.target) + by + all.length) % all.length]
    next.focus()
    next.click()
  })
  const examples = chooser("Examples", [["", "Examples …"], ...known.examples.map(({ name, title }) => [name, title])], name => {
    if (name) it.tell({ what: "example", name })
  })
  const numbers = element("div", { class: "numbers" })
  const message = element("p", { class: "problem", role: "status" })
  const sources = element("div", { class: "sources" })
  const summary = element("summary", {}, "Numbers, input and filter")
  const more = element("details", { class: "more", open: "" }, summary, numbers, sources)
  const narrow = matchMedia("(max-width: 640px)") // a phone shows the grids first
  more.open = !narrow.matches
  const box = element("div", { class: "controls" }, element("div", { class: "top" }, kinds, examples), more, message)
  const rows = new Map()
  // An example stays chosen until something is changed: arrow keys go on to the next one.
  return { box, show, changed: () => (examples.value = "") }

  function show(data) {
    if (data.problem) more.open = true
    for (const one of kinds.children) {
      const on = one.dataset.kind === data.kind
      one.setAttribute("aria-checked", String(on))
      one.tabIndex = on ? 0 : -1
    }
    if (numbers.dataset.kind !== data.kind) {
      numbers.dataset.kind = data.kind
      rows.clear()
      for (const name of Object.keys(data.values)) rows.set(name, number(it, name))
      numbers.replaceChildren(...[...rows.values()].map(row => row.box))
    }
    for (const [name, row] of rows) row.show(data, data.problem && data.field === name)
    if (message.textContent !== data.problem) message.textContent = data.problem
    fillSources(it, sources, data)
  }
}

function number(it, name) {
  const { label, least, most } = known.numbers[name]
  const id = `number-${name}`
  const symbol = { C: "C", m: "" }[name] ?? name
  const field = element("input", { id, type: "text", inputmode: name === "p" ? "text" : "numeric", autocomplete: "off", spellcheck: "false", maxlength: 8 })
  const caption = element("label", { for: id }, label, " ", element("i", {}, symbol))
  const step = by => {
    const now = Number(it.data.values[name])
    const from = Number.isNaN(now) ? it.data.shape.before : now
    send(String(Math.max(least, Math.min(most, from + by))))
  }
  const arrow = (sign, word, by) => {
    const made = element("button", { type: "button", "aria-label": `${label}: ${word}`, tabindex: -1 }, sign)
    made.onclick = () => step(by)
    return made
  }
  const send = text => {
    if (text === it.data.values[name] && field.value === text) return
    field.value = text
    it.tell({ values: { ...it.data.values, [name]: text } }, name)
  }
  field.onchange = () => send(field.value.trim())
  field.onkeydown = event => {
    const by = { ArrowUp: 1, ArrowDown: -1 }[event.key]
    if (!by) return
    event.preventDefault()
    step(by)
  }
  const words = name === "p" && it.data.kind !== "transposed" ? ["valid", "same"] : []
  const pads = words.map(word => {
    const made = element("button", { type: "button", class: "word" }, word)
    made.onclick = () => send(word === "valid" ? "0" : "same")
    return made
  })
  const box = element("div", { class: "number" }, caption, element("span", { class: "step" }, arrow("−", "less", -1), field, arrow("+", "more", 1), ...pads))
  const show = (data, wrong) => {
    const value = data.values[name]
    if (!wrong) field.value = value
    field.setAttribute("aria-invalid", String(Boolean(wrong)))
    pads.forEach((pad, at) => pad.setAttribute("aria-pressed", String(value === ["0", "same"][at])))
  }
  return { box, show }
}

function fillSources(it, box, data) {
  const input = sourceOf(data.input)
  const weights = sourceOf(data.weights)
  const weighted = data.shape.filters > 0
  const said = JSON.stringify([data.kind, input, weights, weighted, it.drawing])
  if (box.dataset.said === said) return
  box.dataset.said = said
  const seed = () => `seed:${1 + Math.floor(Math.random() * 999)}`
  const patterns = known.patterns.map(({ name, title }) => [name, title])
  const parts = [labelled("Input", chooser("Input", withNow(patterns, input), name => it.tell({ input: name === "seed" ? seed() : name }, "input"), input[0]))]
  const brush = element("input", { type: "text", inputmode: "decimal", value: String(it.brush ?? 9), maxlength: 6, "aria-label": "Number to draw with" })
  brush.onchange = () => (it.brush = Number(brush.value.replace(",", ".").replace("−", "-")) || 0)
  const pen = element("button", { type: "button", "aria-pressed": String(it.drawing), title: "Drag over the input to draw; a click on a cell types a number. With keys: Space draws a cell, Shift and arrow keys draw on" }, "Draw")
  pen.onclick = () => {
    it.drawing = !it.drawing
    pen.setAttribute("aria-pressed", String(it.drawing))
    it.canvas.classList.toggle("drawing", it.drawing)
  }
  parts.push(element("span", { class: "pen" }, pen, "with", brush))
  if (weighted) {
    const sized = "f" in data.values
    const kernels = known.kernels.filter(({ name }) => sized || name === "identity").map(({ name, title, learned }) => [name, title, learned])
    parts.push(labelled("Filter", chooser("Filter", withNow(kernels, weights), name => chosenKernel(it, name === "seed" ? seed() : name), weights[0])))
  }
  refill(box, ...parts)
}

// A kernel that comes in one size brings it.
function chosenKernel(it, name) {
  const size = known.kernels.find(kernel => kernel.name === name)?.size
  const values = { ...it.data.values }
  if (size && "f" in values) values.f = String(size)
  if (size > values.n) values.n = String(Math.min(2 * size, known.numbers.n.most)) // room to move in
  it.tell({ weights: name, values }, "weights")
}

// What a select box shows for it: its name, or a line of its own.
function sourceOf({ base, seed, edits }) {
  const changed = edits.length ? ", changed" : ""
  if (seed !== null) return ["now", `Random, no. ${seed}${changed}`]
  const names = base.split("+")
  const titles = names.map(name => [...known.patterns, ...known.kernels].find(one => one.name === name)?.title)
  if (titles.some(title => title === undefined)) return ["now", "Numbers of one's own"]
  return names.length > 1 || edits.length ? ["now", titles.join(", ") + changed] : [base, titles[0]]
}

function withNow(options, [name, title]) {
  const now = name === "now" ? [["now", title]] : []
  return [...now, ...options, ["seed", "Random numbers, new"]]
}

function chooser(label, options, act, value = "") {
  const listed = learned => options.filter(option => Boolean(option[2]) === learned).map(([name, title]) => element("option", { value: name }, title))
  const made = element("select", { "aria-label": label }, ...listed(false))
  if (options.some(option => option[2])) made.append(element("optgroup", { label: "Learned by a network" }, ...listed(true)))
  made.value = value
  made.onchange = () => act(made.value)
  return made
}

const labelled = (label, part) => element("label", { class: "source" }, element("span", {}, label), part)
