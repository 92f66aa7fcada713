// What the ideas are made of: choices, sliders, axes, and handles that a mouse, a finger or arrow keys move.
import { element, refill } from "../dom.js"
import { svgElement as svg } from "../save.js"
import { math } from "./tex.js"

let count = 0

// One of several, as a row of pills; arrow keys move, as among all radio buttons.
export function choice(it, name, label, options, read = state => state[name]) {
  const id = `choice-${++count}`
  const inputs = options.map(([value, text]) => {
    const input = element("input", { type: "radio", name: id, value })
    input.onchange = () => it.change({ [name]: value })
    return [input, element("label", {}, input, element("span", {}, text))]
  })
  const box = element("fieldset", { class: "choice" }, element("legend", {}, label), ...inputs.map(([, text]) => text))
  return { box, show: () => { for (const [input] of inputs) input.checked = input.value === String(read(it.state)) } }
}

// A number that is slid; `said` makes a text of it.
export function slider(it, name, label, { least, most, step = 1, said = String }) {
  const input = element("input", { type: "range", min: least, max: most, step })
  const output = element("output")
  const box = element("label", { class: "slide" }, element("span", {}, ...words(label)), input, output)
  input.oninput = () => it.change({ [name]: Number(input.value) })
  return {
    box,
    most: value => (input.max = value),
    show: () => {
      if (Number(input.value) !== it.state[name]) input.value = it.state[name]
      output.textContent = said(it.state[name])
      input.setAttribute("aria-valuetext", output.textContent)
    },
  }
}

// A slider whose steps grow with the number, for sizes from 1 to 10,000.
export function counter(it, name, label, [least, most]) {
  const input = element("input", { type: "range", min: 0, max: 200, step: 1 })
  const field = element("input", { type: "number", min: least, max: most, step: 1, "aria-label": `${label.replaceAll("$", "")}, typed` })
  const box = element("div", { class: "slide" }, element("label", {}, element("span", {}, ...words(label)), input), field)
  const grown = part => Math.round(least * (most / least) ** (part / 200))
  input.oninput = () => it.change({ [name]: grown(Number(input.value)) })
  input.onkeydown = event => {
    const by = { ArrowUp: 1, ArrowRight: 1, ArrowDown: -1, ArrowLeft: -1 }[event.key]
    if (!by) return
    event.preventDefault()
    it.change({ [name]: bounded(it.state[name] + by, least, most) })
  }
  field.onchange = () => {
    if (field.value.trim()) it.change({ [name]: bounded(Number(field.value), least, most) })
    it.redraw()
    field.value = it.state[name] // also while it is held: what was typed may be out of bounds
  }
  return {
    box,
    show: () => {
      const at = (200 * Math.log(it.state[name] / least)) / Math.log(most / least)
      if (grown(Number(input.value)) !== it.state[name]) input.value = at
      input.setAttribute("aria-valuetext", it.state[name].toLocaleString("en"))
      if (field !== field.getRootNode().activeElement) field.value = it.state[name]
    },
  }
}

// Several numbers to type, in a row, each a value of its own. `picked(i)` hears which one is at work.
export function numberRow(it, names, { least, most, step, picked = () => {} }) {
  const fields = names.map(([name, label], i) => {
    const field = element("input", { type: "number", min: least, max: most, step, "aria-label": label })
    field.onfocus = () => picked(i)
    field.onchange = () => {
      if (field.value.trim()) it.change({ [name]: bounded(Number(field.value), least, most, step) })
      field.value = it.state[name]
    }
    return [name, field]
  })
  const box = element("div", { class: "fields" }, ...fields.map(([, field]) => field))
  const show = () => {
    for (const [name, field] of fields) if (field !== field.getRootNode().activeElement) field.value = it.state[name]
  }
  return { box, show }
}

export function toggle(it, name, label, [off, on]) {
  const input = element("input", { type: "checkbox", role: "switch" })
  input.onchange = () => it.change({ [name]: input.checked ? on : off })
  return { box: element("label", { class: "toggle" }, input, label), show: () => (input.checked = it.state[name] === on) }
}

export function action(text, act, about = text) {
  const made = element("button", { type: "button", title: about, "aria-label": about }, text)
  made.onclick = act
  return made
}

// Replaces what stands in a place, but only where it says something else: nothing flickers, nothing is read twice.
export function fill(place, said, draw) {
  const text = JSON.stringify(said)
  if (place.dataset.said === text) return
  place.dataset.said = text
  refill(place, ...draw())
}

// Words with formulas between dollar signs, as nodes: "In words: $a = b$". A long one may break before its signs.
export const words = text => String(text).split("$").flatMap((part, i) => (i % 2 ? part.split(" = ").flatMap((side, j) => (j ? [" ", math(`= ${side}`)] : [math(side)])) : part))

// Lines of such words.
export function formulas(place, lines) {
  fill(place, lines, () => lines.map(line => element("p", {}, ...words(line))))
}

// A table: the first row are heads, the first cell of each row is its head. `keys`: [colour, dash] of each row.
export function table(place, rows, { keys = [], classes = [] } = {}) {
  fill(place, [rows, keys, classes], () => {
    const heads = rows[0].map(text => element("th", { scope: "col" }, ...words(text)))
    const body = rows.slice(1).map((row, i) => element("tr", { class: classes[i] ?? "" }, ...row.map((text, j) =>
      j ? element("td", {}, ...words(text)) : element("th", { scope: "row" }, ...(keys[i] ? [key(...keys[i])] : []), ...words(text)))))
    return [element("thead", {}, element("tr", {}, ...heads)), element("tbody", {}, ...body)]
  })
}

// `dash` is that of the line: short strokes are dots.
export const key = (colour, dash = "") => element("i", { class: `key${dash ? (parseFloat(dash) < 4 ? " dotted" : " dashed") : ""}`, style: `color:var(--c${colour})` })

// A drawing that stays while what is in it is replaced, so that it can be held and keep the focus.
export function stage(place, shape) {
  const picture = svg("svg", { class: shape })
  place.append(picture)
  return (width, height, size, ...parts) => {
    for (const [name, value] of Object.entries({ viewBox: `0 0 ${width} ${height}`, width, height, "font-size": size })) picture.setAttribute(name, value)
    picture.replaceChildren(...parts)
    return picture
  }
}

// Makes a drawing a slider of one number, or of two, for mouse, finger and arrow keys. Call it once.
// `place(x, y)` gets pixels of the drawing, `step(dx, dy)` gets arrow keys.
// `begin` and `end` hear of a press and its release.
export function handle(node, { label, place, step, role = "slider", begin = () => {}, end = () => {} }) {
  const at = event => {
    const box = node.getBoundingClientRect()
    const { width, height } = node.viewBox.baseVal
    return [((event.clientX - box.left) / box.width) * width, ((event.clientY - box.top) / box.height) * height]
  }
  let held = false
  node.addEventListener("pointerdown", event => {
    held = true
    node.setPointerCapture(event.pointerId)
    begin(...at(event))
    place(...at(event))
  })
  node.addEventListener("pointermove", event => { if (held) place(...at(event)) })
  for (const name of ["pointerup", "pointercancel"]) node.addEventListener(name, event => {
    if (held && name === "pointerup") end(...at(event))
    held = false
  })
  node.addEventListener("keydown", event => {
    const by = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key]
    if (!by) return
    event.preventDefault()
    step(...by.map(n => n * (event.shiftKey ? 10 : 1)))
  })
  node.setAttribute("tabindex", 0)
  node.setAttribute("role", role)
  node.setAttribute("aria-label", label)
}

// What a slider tells of itself to people who cannot see it.
export function tell(node, least, most, now, text) {
  for (const [name, value] of Object.entries({ valuemin: least, valuemax: most, valuenow: now, valuetext: text })) node.setAttribute(`aria-${name}`, value)
}

export const bounded = (value, least, most, step = 1) => Number(Math.max(least, Math.min(most, Math.round(value / step) * step)).toFixed(6))

// The room that a drawing has, and its type: larger for a projector.
export function room(it, place, { ratio = 0.62, tall = 320, share = 0.36 } = {}) {
  const width = Math.max(260, Math.floor(place.clientWidth))
  const most = it.data.large ? Math.max(tall * 0.9, innerHeight * (share + 0.06)) : Math.min(tall, Math.max(tall * 0.75, innerHeight * share))
  return { width, height: Math.round(Math.min(width * ratio, most)), size: it.data.large ? 18 : 13 }
}

// Axes with their grid; what is drawn `inside` is cut off at the edges.
export function axes({ box, size, x, y, across = "", up = "" }) {
  const grid = svg("g", { class: "grid" })
  for (const { value, text } of y.ticks) {
    const at = y.at(value)
    grid.append(svg("line", { x1: box.left, x2: box.right, y1: at, y2: at, class: value === 0 ? "zero" : "" }))
    grid.append(svg("text", { x: box.left - 6, y: at + size * 0.35, "text-anchor": "end" }, text))
  }
  for (const { value, text } of x.ticks) {
    const at = x.at(value)
    grid.append(svg("line", { x1: at, x2: at, y1: box.top, y2: box.bottom, class: value === 0 ? "zero" : "" }))
    grid.append(svg("text", { x: at, y: box.bottom + size * 1.3, "text-anchor": "middle" }, text))
  }
  grid.append(svg("text", { class: "title", x: 2, y: size * 1.1 }, up))
  grid.append(svg("text", { class: "title", x: box.right, y: box.bottom + size * 2.6, "text-anchor": "end" }, across))
  const id = `cut-${++count}`
  const cut = svg("clipPath", { id })
  cut.append(svg("rect", { x: box.left, y: box.top - 4, width: box.right - box.left, height: box.bottom - box.top + 8 }))
  const inside = svg("g", { "clip-path": `url(#${id})` })
  return { parts: [cut, grid, inside], inside }
}

export function path(points, given) {
  const d = points.map(([x, y], i) => `${i ? "L" : "M"}${x.toFixed(1)} ${Math.max(-1e4, Math.min(1e4, y)).toFixed(1)}`).join("")
  return svg("path", { fill: "none", ...given, d })
}

export const range = (from, to, steps) => Array.from({ length: steps + 1 }, (_, i) => from + ((to - from) * i) / steps)
export { element, svg }
