// What if a channel were weaker, stronger or gone, or a block had no shortcut? The bars on the left tell.
import { element } from "./dom.js"
import { choose, layerOf, percent } from "./inside.js"
import { drawGrid } from "./inside_draw.js"

const MOST = 3 // times its own value

export function drawChange(it) {
  const { state, about } = it
  const layer = layerOf(it)
  const scale = state.scales.find(([name, channel]) => name === state.layer && channel === state.channel)?.[2] ?? 1
  const rule = element("p", { class: "words", role: "status" })
  const set = factor => {
    const others = state.scales.filter(([name, channel]) => name !== state.layer || channel !== state.channel)
    if (factor === 1 || room(it, others.length)) return choose(it, { scales: factor === 1 ? others : [...others, [state.layer, state.channel, factor]] })
    rule.textContent = full(it)
    slider.value = scale
    out.textContent = `× ${scale}`
  }
  const slider = element("input", { type: "range", min: 0, max: MOST, step: 0.1, value: scale, "aria-label": `Scale of map ${state.channel}`, "data-keep": "scale" })
  const out = element("output", {}, `× ${scale}`)
  slider.oninput = () => { out.textContent = `× ${slider.value}` }
  slider.onchange = () => set(Number(slider.value))
  const hide = element("button", { type: "button", "data-keep": "hide" }, scale === 0 ? "Show it again" : "Hide it")
  hide.onclick = () => set(scale === 0 ? 1 : 0)
  const grid = drawGrid(it, { key: "grid", chosen: channel => choose(it, { channel }) })
  const parts = [
    element("p", { class: "words" }, layer.flat ? `Choose a number of ${state.layer} and scale it.` : `Choose a map of ${state.layer} and scale it: the rest of the network goes on with what is left.`),
    element("div", { class: "grid" }, grid),
    element("p", { class: "fields" }, element("label", {}, `${layer.flat ? "Number" : "Map"} ${state.channel} `, slider, out), hide),
    rule,
  ]
  if (about.blocks.length) parts.push(shortcuts(it, rule))
  parts.push(changes(it))
  return parts
}

// Whether one more may be changed beside so many channels.
const room = (it, scaled, off = it.state.off.length) => scaled + off < it.about.most_changes
const full = it => `${it.about.most_changes} channels and shortcuts are changed, and no more can be: put one back first, or all by “As it was trained”.`

function shortcuts(it, rule) {
  const boxes = it.about.blocks.map(block => {
    const box = element("input", { type: "checkbox", role: "switch", "data-keep": block })
    box.checked = !it.state.off.includes(block)
    box.onchange = () => {
      if (!box.checked && !room(it, it.state.scales.length)) {
        rule.textContent = full(it)
        box.checked = true
        return
      }
      choose(it, { off: box.checked ? it.state.off.filter(name => name !== block) : [...it.state.off, block] })
    }
    return element("label", { class: "switch" }, box, block)
  })
  return element("fieldset", { class: "shortcuts" }, element("legend", {}, "Shortcuts: off, a block passes on f(x) alone in place of f(x) + x"), ...boxes)
}

function changes(it) {
  const { scales, off } = it.state
  const said = [...scales.map(([layer, channel, factor]) => `${layer} map ${channel} × ${factor}`), ...off.map(block => `${block} without its shortcut`)]
  const clear = element("button", { type: "button", "data-keep": "reset" }, "As it was trained")
  clear.onclick = () => choose(it, { scales: [], off: [] })
  clear.disabled = !said.length
  const words = element("p", { class: "words", role: "status" })
  if (!said.length) words.textContent = "Nothing is changed."
  else if (it.now) {
    const [was, is] = [it.pass.predictions[0], it.now[0]]
    const then = it.now.find(p => p.index === was.index)
    words.textContent = `Changed: ${said.join(", ")}. ${was.label} ${percent(was.p) === percent(then.p) ? "stays at" : `goes from ${percent(was.p)} to`} ${percent(then.p)}${is.index === was.index ? "." : `, and the network now says ${is.label} (${percent(is.p)}).`}`
  }
  return element("div", { class: "changes" }, words, clear)
}
