// Cells that can be changed: a click or Enter types a number; a mouse that drags over the input draws, and so do keys.
import { shown } from "./arithmetic.js"
import { known } from "./known.js"
import { element } from "./shared.js"

const { number: MOST, digits: DIGITS } = known.limits
const NUMBER = new RegExp(`^-?\\d{1,4}(\\.\\d{1,${DIGITS}})?$`)
const RULE = `A number from −${MOST.toLocaleString("en")} to ${MOST.toLocaleString("en")} with at most ${DIGITS} digits after the point. Escape leaves the cell as it was.`

export function editable(it) {
  const field = element("input", { class: "typed", type: "text", inputmode: "text", autocomplete: "off", maxlength: 10, hidden: "" })
  const word = element("p", { class: "rule", role: "status", hidden: "" })
  const hint = element("p", { class: "hint", hidden: "" })
  it.canvas.append(field, word, hint)
  let open = null // the cell that is typed into
  let last = null // the cell where keys were last
  let stroke = null // the cells that a mouse draws over
  let frame = 0 // that will show them
  it.canvas.addEventListener("pointerdown", begin)
  it.canvas.addEventListener("pointermove", paint)
  it.canvas.addEventListener("pointerup", end)
  it.canvas.addEventListener("pointercancel", () => (stroke = null))
  it.canvas.addEventListener("keydown", key)
  it.canvas.addEventListener("focusin", told)
  it.canvas.addEventListener("focusout", () => (hint.hidden = true))
  field.onkeydown = event => {
    event.stopPropagation()
    if (event.key === "Enter") commit(true)
    if (event.key === "Tab" && !commit(true)) event.preventDefault() // from the cell, Tab goes on by itself
    if (event.key === "Escape") close(true)
  }
  field.onblur = () => open && commit(false)
  return { attach, focused }

  // One cell of each grid can be reached by Tab, the others from there by arrows.
  function attach(at) {
    if (open && !find(open)) close(false) // what is being typed stays where its cell stays
    for (const grid of grids()) {
      const cells = [...grid.querySelectorAll("[data-at]")]
      const here = Math.max(0, last ? cells.indexOf(find(last)) : 0)
      cells.forEach((cell, index) => {
        cell.setAttribute("tabindex", index === here ? 0 : -1)
        cell.setAttribute("role", "button")
        cell.setAttribute("aria-label", nameOf(placeOf(cell)))
      })
    }
    if (at) find(at)?.focus({ preventScroll: true })
  }

  function focused() {
    const cell = it.canvas.getRootNode().activeElement?.closest?.("[data-at]")
    return cell ? placeOf(cell) : null
  }

  // What keys do is said where they do it.
  function told(event) {
    const cell = event.target.closest?.("[data-at]:focus-visible")
    hint.hidden = !cell
    if (!cell) return
    last = placeOf(cell)
    const draws = last.grid === "input" ? ` Space draws ${shown(it.brush ?? 9)}, Shift and an arrow key draw on.` : ""
    hint.textContent = `Type a number.${draws}`
  }

  function grids() { return it.picture.drawn.querySelectorAll("[data-grid]") }

  function placeOf(cell) {
    const { grid, plane } = cell.closest("[data-grid]").dataset
    const [i, j] = cell.dataset.at.split(",").map(Number)
    return { grid, plane: Number(plane), i, j }
  }

  function nameOf(place) {
    const where = it.scene.shape.C > 1 ? `, channel ${(place.plane % it.scene.shape.C) + 1}` : ""
    return `${place.grid === "input" ? "Input" : "Filter"}${where}, row ${place.i + 1}, column ${place.j + 1}: ${shown(valueAt(place), DIGITS)}`
  }

  function valueAt({ grid, plane, i, j }) {
    const { world } = it
    if (grid === "input") return world.x(plane, i, j)
    return world.kind === "depthwise" ? world.w(plane, 0, i, j) : world.w(Math.floor(plane / world.shape.channels), plane % world.shape.channels, i, j)
  }

  function find({ grid, plane, i, j }) {
    return it.picture.drawn.querySelector(`[data-grid="${grid}"][data-plane="${plane}"] [data-at="${i},${j}"]`)
  }

  function set({ grid, plane, i, j }, value) {
    const edits = it.scene[grid].edits
    const known = edits.find(edit => edit[0] === plane && edit[1] === i && edit[2] === j)
    if (known) known[3] = value
    else edits.push([plane, i, j, value])
  }

  function key(event) {
    const cell = event.target.closest?.("[data-at]")
    if (!cell) return
    const place = placeOf(cell)
    const by = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] }[event.key]
    if (by) {
      const next = find({ ...place, i: place.i + by[0], j: place.j + by[1] })
      if (next) {
        cell.setAttribute("tabindex", -1)
        next.setAttribute("tabindex", 0)
        next.focus()
        if (event.shiftKey && place.grid === "input") draw(placeOf(next))
      }
    } else if (event.key === " " && place.grid === "input") {
      draw(place)
    } else if (event.key === "Enter" || event.key === "F2") type(place)
    else if (/^[-−0-9.,]$/.test(event.key) && !event.ctrlKey && !event.metaKey) type(place, event.key)
    else return
    event.preventDefault()
  }

  function draw(place) {
    set(place, it.brush ?? 9)
    it.edited()
    it.tellSoon("cells")
  }

  function type(place, begun = null) {
    open = place
    const box = find(place).getBoundingClientRect()
    const frame = it.canvas.getBoundingClientRect()
    const width = Math.max(box.width, 64)
    const left = Math.min(frame.width - width, Math.max(0, box.left - frame.left + (box.width - width) / 2))
    const tall = Math.max(box.height, 30)
    Object.assign(field.style, { left: `${left}px`, top: `${box.top - frame.top + (box.height - tall) / 2}px`, width: `${width}px`, height: `${tall}px` })
    Object.assign(word.style, { left: `${Math.min(left, Math.max(0, frame.width - 260))}px`, top: `${box.bottom - frame.top + 6}px` })
    field.value = begun ?? shown(valueAt(place), DIGITS).replace("−", "-")
    field.setAttribute("aria-label", nameOf(place))
    field.setAttribute("aria-invalid", "false")
    field.hidden = false
    word.hidden = true
    field.focus({ preventScroll: true })
    if (begun === null) field.select()
  }

  function close(refocus) {
    const place = open
    open = null
    field.hidden = word.hidden = true
    if (refocus && place) find(place)?.focus({ preventScroll: true })
  }

  function commit(refocus) {
    const text = field.value.trim().replace("−", "-").replace(",", ".").replace(/^(-?)\./, "$10.")
    if (!NUMBER.test(text)) {
      if (!refocus) close(false)
      else {
        field.setAttribute("aria-invalid", "true")
        word.textContent = RULE
        word.hidden = false
      }
      return false
    }
    const place = open
    if (!place) return true
    if (Number(text) === valueAt(place)) {
      close(refocus)
      return true
    }
    open = null
    set(place, Number(text))
    it.edited()
    if (refocus) find(place)?.focus({ preventScroll: true })
    it.tell({}, "cells")
    return true
  }

  // A touch scrolls the page unless "Draw" is on; a mouse may draw at any time.
  function begin(event) {
    const cell = event.target.closest?.("[data-at]")
    if (!cell || event.button !== 0) return
    const place = placeOf(cell)
    stroke = { place, draws: place.grid === "input" && (it.drawing || event.pointerType === "mouse"), last: place, done: new Set() }
    if (stroke.draws && it.drawing) {
      it.canvas.setPointerCapture(event.pointerId) // the cell under the pointer is made anew while one draws
      dab(place)
    }
    if (event.pointerType === "mouse") event.preventDefault()
  }

  function paint(event) {
    if (!stroke?.draws || !(event.buttons & 1)) return
    const cell = it.canvas.getRootNode().elementFromPoint(event.clientX, event.clientY)?.closest?.("[data-at]")
    if (!cell) return
    const place = placeOf(cell)
    if (place.grid !== "input" || place.plane !== stroke.place.plane) return
    if (!stroke.done.size && place.i === stroke.place.i && place.j === stroke.place.j) return
    it.canvas.setPointerCapture(event.pointerId)
    for (const [i, j] of between(stroke.last, place)) dab({ ...place, i, j })
    stroke.last = place
  }

  // The picture follows once a frame, however fast the mouse is.
  function dab(place) {
    const name = `${place.i},${place.j}`
    if (stroke.done.has(name)) return
    stroke.done.add(name)
    set(place, it.brush ?? 9)
    frame ||= requestAnimationFrame(drawn)
  }

  function drawn() {
    cancelAnimationFrame(frame)
    frame = 0
    it.edited()
  }

  function end(event) {
    const dabs = stroke?.done.size
    const place = stroke?.place
    stroke = null
    if (dabs) {
      drawn()
      it.tell({}, "cells")
    } else if (place) {
      const cell = event.target.closest?.("[data-at]")
      if (cell) type(place)
    }
  }
}

// The cells on the way from one to another, both included: a fast mouse leaves none out.
function between(from, to) {
  const steps = Math.max(Math.abs(to.i - from.i), Math.abs(to.j - from.j), 1)
  return Array.from({ length: steps + 1 }, (_, at) => [
    Math.round(from.i + ((to.i - from.i) * at) / steps),
    Math.round(from.j + ((to.j - from.j) * at) / steps),
  ])
}
