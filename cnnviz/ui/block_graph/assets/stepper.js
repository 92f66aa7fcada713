// One layer back, one on, how many there are, and the views to choose from. It also speaks for the page's selection.
import { button, element, mounted, say } from "./dom.js"
import { fallSilent, step, tell } from "./selection.js"

const instances = new WeakMap() // by root

export function drawStepper(component) {
  const { parentElement, data, setTriggerValue } = component
  if (!instances.has(parentElement)) instances.set(parentElement, mount(parentElement))
  const it = instances.get(parentElement)
  it.emit = setTriggerValue
  it.count.textContent = `of ${data.last}`
  if (it.views.children.length !== data.views.length) {
    it.views.replaceChildren(...data.views.map(view => button(view, view, () => choose(it, view))))
  }
  press(it, data.view)
  tell(component)
}

export function forgetStepper(parentElement) {
  instances.delete(parentElement)
  fallSilent()
}

function mount(root) {
  const it = { count: element("span"), views: element("div", { class: "views", role: "group", "aria-label": "Show" }) }
  const steps = element("div", { class: "steps" })
  steps.append(it.count, arrow("Previous", "←", -1), arrow("Next", "→", 1))
  mounted(root, "./stepper.css", steps, it.views)
  return it
}

function arrow(word, sign, by) {
  const made = button(sign, word, () => step(by))
  made.prepend(element("span", { class: "word" }, `${word} `))
  return made
}

function choose(it, view) {
  press(it, view)
  say(it.emit, "viewed", view)
}

function press(it, view) {
  for (const one of it.views.children) one.setAttribute("aria-pressed", String(one.textContent === view))
}
