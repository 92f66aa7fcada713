// Above the rows: the design's name, its input, what it all costs, undo and redo.
import { button, element } from "./dom.js"
import { limits } from "./kinds.js"

const NAME = new RegExp(`^[\\p{L}\\p{N}_ .+@()-]{1,${limits.name}}$`, "u")
const SIZES = [["n_H", limits.side], ["n_W", limits.side], ["n_C", limits.channels]]

export function drawHead(it) {
  it.undo = button("Undo", "Undo", () => it.act.step("undo"))
  it.redo = button("Redo", "Redo", () => it.act.step("redo"))
  it.totals = element("output", { class: "totals" })
  const rule = element("p", { class: "problem", role: "status" }) // of what was typed and cannot be taken
  const say = (field, fits, words) => {
    field.setAttribute("aria-invalid", String(!fits))
    rule.textContent = fits ? "" : words
  }
  const name = element("input", { class: "name", "aria-label": "Name", maxlength: limits.name, spellcheck: "false" })
  name.value = it.design.name
  name.onchange = () => {
    const fits = NAME.test(name.value.trim())
    say(name, fits, "A name is made of letters, digits, spaces and . + @ ( ) - _")
    if (fits) it.act.whole(design => { design.name = name.value.trim() })
  }
  const sizes = SIZES.flatMap(([which, most], i) => {
    const field = element("input", {
      type: "number", inputmode: "numeric", min: 1, max: most, "aria-label": `${which} of the input`, title: which,
    })
    field.value = it.design.input[which]
    field.oninput = () => {
      const fits = field.checkValidity() && field.value !== ""
      say(field, fits, `${which} of the input must be a whole number from 1 to ${most.toLocaleString("en")}.`)
      if (fits) it.act.whole(design => { design.input[which] = Number(field.value) })
    }
    return i ? [element("span", {}, "×"), field] : [field]
  })
  const input = element("span", { class: "input" }, element("span", {}, "Input"), ...sizes)
  const steps = element("span", { class: "steps" }, it.undo, it.redo)
  it.head.replaceChildren(name, input, steps, rule, it.totals)
}
