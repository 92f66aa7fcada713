// The frame of an idea in the browser: its module, its state, and how Python hears of what was moved.
import { element, mounted, say } from "../dom.js"
import { follow, leave } from "./files.js"

export { drawFiles, forgetFiles } from "./files.js"

const PAUSE_MS = 250 // of rest, after which the link follows what was moved
const PATIENCE_MS = 4000 // after which an answer that did not come is not waited for
const MOST_KEPT = 12 // `workbench.py` counts alike
const instances = new WeakMap() // shadow root -> instance; survives reruns
const shelf = new Map() // digest -> a long text that came once, the last used last

export async function drawIdea({ parentElement: root, data: given, setTriggerValue }) {
  const data = { ...given, ...unpacked(given.kept) }
  if (Object.values(data).includes(undefined)) return say(setTriggerValue, "missing", given.idea)
  const { default: make } = await import(`./${data.idea}.js`)
  const it = instances.get(root) ?? made(root, data, make)
  it.data = data
  it.emit = setTriggerValue
  it.frame.classList.toggle("large", data.large)
  take(it)
  it.redraw()
}

// What is kept here by its digest; undefined where that has been lost.
function unpacked(kept) {
  return Object.fromEntries(Object.entries(kept).map(([name, [digest, text = shelf.get(digest)]]) => {
    shelf.delete(digest)
    if (text !== undefined) shelf.set(digest, text)
    if (shelf.size > MOST_KEPT) shelf.delete(shelf.keys().next().value)
    return [name, text]
  }))
}

export function forgetIdea(root) {
  const it = instances.get(root)
  it?.size.disconnect()
  clearTimeout(it?.timer)
  cancelAnimationFrame(it?.drawing)
  if (it) leave(it)
  instances.delete(root)
}

// An idea's module exports a function of this. It appends to `it.frame` once and returns what draws `it.state`;
// whatever moves calls `it.change({ name: value })`. It also makes `it.files`, which tells what there is to save now,
// each with `name` (of its file), `label`, `said` (a line for the picture), `of` (the values in the file's name),
// `place` or `drawn()` (the picture), `keys` (its legend) and `rows()` (numbers, below their heads).
function made(root, data, make) {
  const it = { data, state: { ...data.state }, sent: null, timer: 0, drawing: 0 }
  it.frame = mounted(root, "ideas/ideas.css")
  it.frame.classList.add("idea", data.idea)
  it.frame.tabIndex = -1
  it.redraw = () => {
    cancelAnimationFrame(it.drawing)
    it.drawing = requestAnimationFrame(() => {
      if (!it.frame.isConnected) return
      it.show()
      follow(it)
      if (!entered || it.frame.hidden) return
      entered = false
      it.frame.focus({ preventScroll: true })
    })
  }
  it.change = patch => {
    Object.assign(it.state, patch)
    it.redraw()
    clearTimeout(it.timer)
    it.timer = setTimeout(send, PAUSE_MS, it)
  }
  it.frame.addEventListener("keydown", event => event.stopPropagation()) // the page has shortcuts of its own
  it.show = make(it)
  it.size = new ResizeObserver(() => it.redraw())
  it.size.observe(it.frame)
  instances.set(root, it)
  return it
}

function send(it) {
  it.timer = 0
  const sent = (it.sent = { ...it.state })
  setTimeout(() => { if (it.sent === sent) it.sent = null }, PATIENCE_MS)
  say(it.emit, "moved", { of: it.data.idea, values: sent })
}

// What Python says counts, unless it is older than what was moved since.
function take(it) {
  const { state } = it.data
  if (it.sent && !same(it.sent, state)) return
  it.sent = null
  if (!it.timer) it.state = { ...state }
}

const same = (a, b) => Object.keys(b).every(name => a[name] === b[name] || Math.abs(a[name] - b[name]) < 1e-6)

// The index: a card for each idea, in groups, as links that a new tab can take too.
const drawn = new WeakMap()
let entered = false // an idea was opened from its card: who did it by keyboard goes on in the idea

export function drawCards({ parentElement: root, data, setTriggerValue }) {
  const it = drawn.get(root) ?? { frame: mounted(root, "ideas/ideas.css"), text: "" }
  drawn.set(root, it)
  it.emit = setTriggerValue
  const text = JSON.stringify(data)
  if (it.text === text) return
  it.text = text
  it.frame.classList.toggle("large", data.large)
  it.frame.replaceChildren(...data.groups.map(({ title, ideas }) =>
    element("section", {}, element("h3", {}, title), element("div", { class: "cards" }, ...ideas.map(idea => card(it, idea))))))
}

function card(it, { name, title, sentence }) {
  const made = element("a", { class: "card", href: `?idea=${name}` }, picture(name), element("strong", {}, title), element("span", {}, sentence))
  made.onclick = event => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return
    event.preventDefault()
    entered = true
    say(it.emit, "picked", name)
  }
  return made
}

// A small drawing that takes the theme's colours: so it is part of the page, not an image.
function picture(name) {
  const place = element("div", { class: "small", "aria-hidden": "true" })
  fetch(new URL(`./${name}.svg`, import.meta.url)).then(answer => answer.text()).then(text => {
    const svg = new DOMParser().parseFromString(text, "image/svg+xml").documentElement
    if (svg.nodeName === "svg") place.replaceChildren(document.importNode(svg, true))
  }, () => {})
  return place
}
