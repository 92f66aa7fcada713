// What was typed and not yet checked stays in the browser: it outlives a visit to another page, and the
// server hears of it only when it is to be checked.
const drafts = {
  read(of) { try { return sessionStorage.getItem(of) } catch { return null } },
  keep(of, text) { try { sessionStorage.setItem(of, text) } catch { /* a frame without storage */ } },
  drop(of) { try { sessionStorage.removeItem(of) } catch { /* the same */ } },
}

const ROOM = 300 // px below the field: the verdict of a wrong answer on a phone

// Brings the field to the top where what comes below it would not be seen.
function makeRoom(form) {
  if (form.getBoundingClientRect().bottom + ROOM < innerHeight) return
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches
  form.scrollIntoView({ block: "start", behavior: calm ? "instant" : "smooth" })
}

export default function ({ data, parentElement, setTriggerValue }) {
  const form = parentElement.querySelector("form")
  const [field, button] = [form.querySelector("input"), form.querySelector("button")]
  const { of, typed, label, unit, action, done } = data
  const another = form.dataset.of !== of
  if (another || form.dataset.typed !== typed || done) {
    if (done) drafts.drop(of)
    field.value = (done ? null : drafts.read(of)) ?? typed
  }
  Object.assign(form.dataset, { of, typed })
  form.querySelector("label").textContent = label
  form.querySelector("output").textContent = unit
  field.readOnly = done
  field.placeholder = done ? "" : "a whole number"
  field.setAttribute("aria-invalid", String(data.wrong))
  field.enterKeyHint = done ? "next" : "go"
  button.textContent = action
  button.hidden = !action
  field.oninput = () => drafts.keep(of, field.value)
  button.onpointerdown = event => event.preventDefault() // the field keeps the focus: the next Enter is for it
  form.onsubmit = event => {
    event.preventDefault()
    drafts.drop(of)
    // A screen that is typed on: its keyboard would cover the verdict.
    if (!done && matchMedia("(pointer: coarse)").matches) field.blur()
    form.dataset.asked = done ? "" : "yes"
    if (action) setTriggerValue("entered", { of, typed: field.value })
  }
  if (!another && form.dataset.asked) setTimeout(makeRoom, 150, form) // what was checked is told below
  delete form.dataset.asked
  if (another && form.contains(form.getRootNode().activeElement)) field.select()
}
