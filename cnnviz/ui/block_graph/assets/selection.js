// The selected layer of this page: one number that the graph, the table and Python share. A click marks it
// everywhere at once; Python's answer follows.
import { say } from "./dom.js"

export const MANY = 150 // boxes or rows: more than a slow machine scrolls smoothly
const LATE_MS = 3_000 // after that long an answer to a click is no longer waited for

const views = new Set() // { select(index), reveal?({ of, cells }) }
let selected = null
let told = null // numbers of the table that have been predicted
let network = null
let emit = null // tells Python
let end = 0 // index of the last layer
let waiting = null // { index, until } of a click that Python has not answered yet

export const current = () => selected

export function join(view) {
  views.add(view)
  if (told) view.reveal?.(told)
  if (selected !== null) view.select(selected)
}

export const leave = view => views.delete(view)

// One layer on, or back; the ends stay ends.
export const step = by => pick(Math.min(Math.max(selected + by, 0), end))

// A person picked it: shown at once, told to Python.
export function pick(index) {
  if (index === selected) return
  waiting = { index, until: performance.now() + LATE_MS }
  show(index)
  if (emit) say(emit, "picked", index)
}

// Python says it. An answer to an earlier click than the last one is out of date, but for another network.
export function tell({ data: { selected: index, last, of, told: numbers }, setTriggerValue }) {
  emit = setTriggerValue
  end = last
  told = numbers
  for (const view of views) view.reveal?.(told)
  if (network === of && waiting && waiting.index !== index && performance.now() < waiting.until) return
  network = of
  waiting = null
  show(index)
}

function show(index) {
  if (index === selected) return
  selected = index
  for (const view of views) view.select(index)
}

export function fallSilent() {
  emit = null
}

// Arrow keys step at once and as fast as a person presses them. Without this script the page's own buttons
// hear the keys, but Streamlit makes one step of several that arrive while it is busy.
const KEEPS = "input:not([type=checkbox]), textarea, select, [contenteditable], [role=slider], [role=tab], [role=radio], [role=option], .stage"

// A box to choose from that is closed has no use for them.
const closed = part => part.matches("[role=combobox][aria-expanded=false]") && !part.selectionEnd
const keeps = part => part.matches?.(KEEPS) && !closed(part)

addEventListener("keydown", event => {
  const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key]
  const held = event.ctrlKey || event.metaKey || event.altKey || event.shiftKey
  if (!by || !emit || held || event.composedPath().some(keeps)) return
  event.preventDefault()
  event.stopImmediatePropagation()
  step(by)
}, true)

// What a view does once its marks are on the screen; of several things asked for in one frame, the last.
const frames = new WeakMap()
export function inNextFrame(view, act) {
  cancelAnimationFrame(frames.get(view))
  frames.set(view, requestAnimationFrame(act))
}

const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches

// Scrolls `box` inside `stage`, and nothing around it, until it is seen.
export function reveal(stage, box, { centre = false, margin = 12, across = true, atOnce = false } = {}) {
  const outer = stage.getBoundingClientRect()
  const inner = box.getBoundingClientRect()
  const way = (from, to, low, high, middle) => {
    if (from >= low + margin && to <= high - margin) return 0
    if (centre || to - from > high - low) return (from + to) / 2 - middle
    return from < low + margin ? from - low - margin : to - high + margin
  }
  const left = across && way(inner.left, inner.right, outer.left, outer.right, (outer.left + outer.right) / 2)
  const top = way(inner.top, inner.bottom, outer.top, outer.bottom, (outer.top + outer.bottom) / 2)
  if (left || top) stage.scrollBy({ left: left || 0, top, behavior: atOnce || calm() ? "instant" : "smooth" })
}
