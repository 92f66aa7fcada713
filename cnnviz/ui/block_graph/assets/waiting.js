// A measurement that the server runs, or that waits for its turn. The browser asks how it goes, so that a page that
// waits costs the server a small answer and no rerun.
import { button, element, mounted, say } from "./dom.js"
import { duration } from "./scales.js"

const TICK_MS = 700 // between two questions
const SLOW_MS = 5000 // while nobody looks
const RETRY_MS = 2000
const instances = new WeakMap() // root -> instance; survives reruns

export function drawWaiting({ parentElement: root, data, setTriggerValue }) {
  const it = instances.get(root) ?? made(root)
  const another = it.data?.number !== data.number
  Object.assign(it, { data, emit: setTriggerValue })
  if (!another) return
  it.turn++
  it.cancel.disabled = false
  it.words.textContent = `${data.title} is handed in …`
  ask(it, it.turn)
}

export function forgetWaiting(root) {
  const it = instances.get(root)
  if (!it) return
  it.turn++
  clearTimeout(it.timer)
  document.removeEventListener("visibilitychange", it.seen)
  instances.delete(root)
}

function made(root) {
  const it = { turn: 0 }
  it.bar = element("progress", { "aria-hidden": "true" })
  it.words = element("p", { class: "words", role: "status" })
  it.time = element("p", { class: "words" }) // apart: nobody wants each second read out
  it.cancel = button("Cancel", "Cancel this measurement", () => {
    it.cancel.disabled = true
    say(it.emit, "cancelled", it.data.number)
  })
  mounted(root, "curves.css", element("div", { class: "status" }, it.bar, it.words, it.time, it.cancel))
  it.seen = () => { if (!document.hidden) ask(it, it.turn) }
  document.addEventListener("visibilitychange", it.seen)
  instances.set(root, it)
  return it
}

async function ask(it, turn) {
  clearTimeout(it.timer)
  let wait = RETRY_MS
  try {
    const answer = await fetch(new URL(it.data.address, document.baseURI), { cache: "no-store" })
    const told = await answer.json()
    if (turn !== it.turn) return
    if (told.status !== "waiting" && told.status !== "running") {
      it.turn++
      say(it.emit, "ended", it.data.number)
      return
    }
    write(it, told)
    wait = document.hidden ? SLOW_MS : TICK_MS
  } catch {
    if (turn !== it.turn) return
    it.words.textContent = "The server does not answer; asking again …"
  }
  clearTimeout(it.timer)
  it.timer = setTimeout(() => ask(it, turn), wait)
}

function write(it, { status, title, before, running, seconds, most }) {
  const sofar = `${Math.round(seconds)} s of at most ${duration(most)}`
  const words = status === "running"
    ? `Measuring ${title} …`
    : `${title} waits: ${before} before it${running ? `, now ${running}` : ""}`
  if (it.words.textContent !== words) it.words.textContent = words
  it.time.textContent = running ? sofar : ""
}
