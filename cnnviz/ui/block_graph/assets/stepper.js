// One layer back, one on, and how many there are. It also speaks for the page's selection.
import { button, element, mounted } from "./dom.js"
import { fallSilent, step, tell } from "./selection.js"

const counts = new WeakMap() // by root: where the number of the last layer stands

export function drawStepper(component) {
  const { parentElement, data } = component
  if (!counts.has(parentElement)) {
    const count = element("span")
    const previous = button("Previous ←", "Previous", () => step(-1))
    const next = button("Next →", "Next", () => step(1))
    mounted(parentElement, "./stepper.css", count, previous, next)
    counts.set(parentElement, count)
  }
  counts.get(parentElement).textContent = `of ${data.last}`
  tell(component)
}

export function forgetStepper(parentElement) {
  counts.delete(parentElement)
  fallSilent()
}
