// How the window moves: buttons, a slider, keys.
import { element } from "./shared.js"

const SPEEDS = [["slow", 1], ["normal", 2.5], ["fast", 10], ["very fast", 40]] // steps a second
const ICONS = {
  first: "M6 5v14h2.4V5zM20 5 10 12l10 7z",
  back: "M17 5 7 12l10 7z",
  play: "M7 4.5 19.5 12 7 19.5z",
  pause: "M6.5 5h4v14h-4zM13.5 5h4v14h-4z",
  on: "M7 5l10 7-10 7z",
  last: "M4 5l10 7-10 7zM15.6 5H18v14h-2.4z",
}

export function transport(it) {
  let timer = 0
  const press = (icon, label, act) => {
    const made = element("button", { type: "button", "aria-label": label, title: label })
    draw(made, icon)
    made.onclick = act
    return made
  }
  const last = () => it.data.shape.steps - 1
  const stop = () => {
    clearTimeout(timer)
    timer = 0
    it.frame?.classList.remove("playing")
    draw(play, "play")
    play.setAttribute("aria-label", "Play")
    play.title = "Play (space)"
  }
  const manual = step => {
    if (timer) stop()
    it.go(step)
  }
  const play = press("play", "Play", () => (timer ? pause() : start()))
  play.className = "play"
  const pause = () => {
    stop()
    it.sums.show()
  }
  const slider = element("input", { type: "range", min: 0, value: 0, "aria-label": "Step" })
  slider.oninput = () => manual(Number(slider.value))
  const count = element("span", { class: "count" })
  const speed = element("select", { "aria-label": "Speed" }, ...SPEEDS.map(([name], at) => element("option", { value: at }, name)))
  speed.value = 1
  const box = element(
    "div",
    { class: "transport" },
    press("first", "First step (home)", () => manual(0)),
    press("back", "One step back (left)", () => manual(it.step - 1)),
    play,
    press("on", "One step on (right)", () => manual(it.step + 1)),
    press("last", "Last step (end)", () => manual(last())),
    slider,
    count,
    speed,
  )
  return { box, show, stop, key, playing: () => timer !== 0 }

  function start() {
    if (it.step >= last()) it.go(0)
    draw(play, "pause")
    play.setAttribute("aria-label", "Pause")
    play.title = "Pause (space)"
    it.frame.classList.add("playing")
    it.frame.style.setProperty("--pace", `${Math.min(260, 620 / SPEEDS[speed.value][1])}ms`)
    timer = setTimeout(tick, 1000 / SPEEDS[speed.value][1])
  }

  function tick() {
    if (!it.frame.isConnected) return stop()
    it.go(it.step + 1)
    if (it.step >= last()) return pause()
    timer = setTimeout(tick, 1000 / SPEEDS[speed.value][1])
  }

  function show() {
    slider.max = last()
    slider.value = it.step
    slider.setAttribute("aria-valuetext", `step ${it.step + 1} of ${last() + 1}`)
    count.textContent = `${(it.step + 1).toLocaleString("en")} of ${(last() + 1).toLocaleString("en")}`
  }

  // Keys work wherever nothing else takes them: not in fields, menus and cells that are being edited.
  function key(event) {
    if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey || !it.data) return
    const target = event.composedPath()[0]
    const own = it.root.contains?.(target) || it.frame.contains(target)
    if (target !== document.body && !own && !target.closest?.("[data-testid='stMain']")) return
    const typing = target.closest?.("input:not([type='range']), textarea, select, [contenteditable], .box, [role='radiogroup']")
    if (typing) return
    const range = target === slider
    const pressed = target.closest?.("button, a, summary, [role='slider']")
    const side = it.world.turned ? it.data.shape.n : it.data.shape.out
    const by = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: side, ArrowUp: -side }[event.key]
    if (event.key === " " && (!pressed || pressed === play)) timer ? pause() : start()
    else if (by && !(pressed && !own)) {
      const next = it.step + by
      if (Math.abs(by) === 1 || (next >= 0 && next <= last())) manual(next)
    } else if (event.key === "Home" && !(pressed && !own)) manual(0)
    else if (event.key === "End" && !(pressed && !own)) manual(last())
    else return
    if (range) slider.value = it.step
    event.preventDefault()
  }
}

function draw(place, icon) {
  const picture = document.createElementNS("http://www.w3.org/2000/svg", "svg")
  picture.setAttribute("viewBox", "0 0 24 24")
  picture.setAttribute("aria-hidden", "true")
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path")
  path.setAttribute("d", ICONS[icon])
  picture.append(path)
  place.replaceChildren(picture)
}
