// The step in words and numbers: the whole sum, what every channel gives, what every filter makes, what it costs.
import { channelSum, resultAt, shown, terms } from "./arithmetic.js"
import { rowsOf } from "./layout.js"
import { bracketed } from "./picture.js"
import { button, element, refill } from "./shared.js"

const MOST_TERMS = 27 // of a sum that is written out
const MOST_CHANNELS = 8 // whose parts of a sum are written out

export function sums(it) {
  const line = element("p", { class: "sum", role: "status" })
  const channels = strip(it, "What each channel adds", at => it.look({ channel: first(it, at) }))
  const filters = strip(it, "What each filter makes", at => it.look(it.world.apart ? { channel: first(it, at) } : { out: at }))
  const pager = element("p", { class: "pager" })
  const counts = element("dl", { class: "counts" })
  const foot = element("div", { class: "foot" }, counts)
  const box = element("div", { class: "sums" }, line, element("div", { class: "strips" }, pager, channels.box, filters.box), foot)
  return { box, show, counts: foot }

  function show() {
    const { world, step, place } = it
    const { shape } = world
    const each = world.apart ? [] : partial(world, step, place.out)
    if (!it.move.playing() || step === shape.steps - 1) line.setAttribute("aria-live", "polite")
    else line.setAttribute("aria-live", "off")
    const written = shape.f ** 2 * (world.apart ? 1 : shape.C)
    line.classList.toggle("long", !world.pool && !world.turned && written > 9 && written <= MOST_TERMS)
    line.replaceChildren(...sumOf(world, step, place, each))
    const rows = rowsOf(world, it.width, it.low)
    page(it, pager, rows)
    channels.show(!world.apart && shape.C > rows ? each : [], place.channel, rows, "channel")
    filters.name(world.apart ? "What comes out of each channel" : "What each filter makes")
    const several = shape.maps > (world.apart ? rows : 1)
    const all = several && !world.turned ? Array.from({ length: shape.maps }, (_, k) => resultAt(world, step, k)) : []
    const choose = several && world.turned ? Array.from({ length: shape.maps }, (_, k) => 0) : all
    filters.show(choose, world.apart ? place.channel : place.out, world.apart ? rows : 1, world.apart ? "channel" : "filter")
    count(it, counts)
  }
}

const partial = (world, step, k) => (world.turned ? [] : Array.from({ length: world.shape.C }, (_, c) => channelSum(world, step, k, c)))
const first = (it, at) => Math.max(0, Math.min(at, it.world.shape.C - rowsOf(it.world, it.width, it.low)))

// `10·1 + 0·(−1) + … = 30`, or the parts of channels where there are too many products.
function sumOf(world, step, place, each) {
  const { shape, kind } = world
  const k = world.apart ? place.channel : place.out
  const strong = text => element("b", {}, text)
  if (world.turned) {
    const [term] = terms(world, step, k, place.channel)
    return [`${shown(term.value)} times every weight is added to the output; with each step the window over the output moves by ${shape.s}.`]
  }
  const result = strong(shown(resultAt(world, step, k), 4))
  const name = shape.maps > 1 ? `${world.apart ? "Channel" : "Filter"} ${k + 1}: ` : ""
  if (world.pool) {
    const values = terms(world, step, k, k).map(term => shown(term.value))
    if (values.length > MOST_TERMS) return [`${name}the ${kind === "max" ? "largest" : "mean"} of ${values.length} numbers is `, result]
    return kind === "max" ? [`${name}max(${values.join(", ")}) = `, result] : [`${name}(${values.map(v => (v.startsWith("−") ? `(${v})` : v)).join(" + ")}) / ${values.length} = `, result]
  }
  const apart = world.apart ? [terms(world, step, k, k)] : null
  const count = shape.f ** 2 * (apart ? 1 : shape.C)
  if (count <= MOST_TERMS) {
    const groups = (apart ?? Array.from({ length: shape.C }, (_, c) => terms(world, step, k, c))).map(found => found.map(term => `${bracketed(term.value)}·${bracketed(term.weight)}`).join(" + "))
    return [name, groups.length > 1 && shape.f > 1 ? groups.map(group => `[${group}]`).join(" + ") : groups.join(" + "), " = ", result]
  }
  if (apart || each.length === 1) return [`${name}the sum of ${count} products is `, result]
  const parts = each.slice(0, MOST_CHANNELS).map(value => bracketed(value))
  const rest = each.length - parts.length
  const more = rest > 0 ? ` + … (${rest} channels more)` : ""
  const what = shape.f === 1 ? `${count} products, one for each channel` : `${count} products, channel by channel`
  return [`${name}${what}: ${parts.join(" + ")}${more} = `, result]
}

// A bar for each number, to choose from.
function strip(it, label, choose) {
  const bars = element("div", { class: "bars", role: "group", "aria-label": label })
  const words = element("span", { class: "words" })
  const box = element("div", { class: "strip" }, words, bars)
  const name = text => (words.textContent = text)
  name(label)
  return { box, show, name }

  function show(values, chosen, width, what) {
    box.hidden = values.length < 2
    if (box.hidden) return
    bars.setAttribute("aria-label", words.textContent)
    if (bars.children.length !== values.length) {
      bars.replaceChildren(...values.map((_, at) => {
        const bar = element("button", { type: "button", tabindex: at === chosen ? 0 : -1 }, element("i"))
        bar.onclick = () => {
          choose(at)
          bars.children[at]?.focus()
        }
        return bar
      }))
      bars.onkeydown = event => {
        const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key]
        const at = [...bars.children].indexOf(event.target)
        if (!by || at < 0) return
        event.preventDefault()
        event.stopPropagation()
        bars.children[Math.max(0, Math.min(values.length - 1, at + by))].click()
      }
    }
    const most = Math.max(...values.map(Math.abs)) || 1
    values.forEach((value, at) => {
      const bar = bars.children[at]
      const on = at >= chosen && at < chosen + width
      bar.title = `${what} ${at + 1}: ${shown(value, 4)}`
      bar.setAttribute("aria-label", bar.title)
      bar.setAttribute("aria-pressed", String(on))
      bar.tabIndex = at === chosen ? 0 : -1
      bar.classList.toggle("negative", value < 0)
      bar.firstChild.style.height = `${(Math.abs(value) / most) * 50}%`
    })
  }
}

function page(it, pager, rows) {
  const { shape } = it.world
  pager.hidden = shape.C <= rows
  if (pager.hidden) return
  const from = it.place.channel
  const said = `Channels ${from + 1} to ${Math.min(shape.C, from + rows)} of ${shape.C}`
  if (pager.dataset.said === said) return
  pager.dataset.said = said
  const turn = (sign, label, by) => {
    const made = button(sign, label, () => it.look({ channel: Math.max(0, Math.min(shape.C - rows, from + by)) }))
    made.disabled = by < 0 ? from === 0 : from + rows >= shape.C
    return made
  }
  refill(pager, turn("←", "Channels before", -rows), element("span", {}, rows === 1 ? `Channel ${from + 1} of ${shape.C}` : said), turn("→", "Next channels", rows))
}

function count(it, counts) {
  const { shape } = it.world
  const done = (it.step + 1) * shape.work
  const all = shape.steps * shape.work
  const text = number => number.toLocaleString("en")
  const rows = [
    [it.data.counted, [element("b", {}, text(done)), ` of ${text(all)}`], done / all],
    ["In this step", [element("b", {}, text(shape.work))], null],
    ["Parameters", [element("b", {}, text(shape.parameters))], null],
  ]
  if (counts.children.length !== rows.length) counts.replaceChildren(...rows.map(() => element("div", {}, element("dt"), element("dd"), element("progress", { max: 1, "aria-hidden": "true" }))))
  rows.forEach(([name, value, part], at) => {
    const [term, told, bar] = counts.children[at].children
    if (term.textContent !== name) term.textContent = name
    told.replaceChildren(...value)
    bar.hidden = part === null
    bar.value = part ?? 0
  })
}
