// A function term by term beside x + g(x), and the channels of a dense block, layer by layer.
import { linear } from "../scales.js"
import { rounded } from "./files.js"
import { axes, bounded, choice, counter, element, formulas, handle, key, path, range, room, slider, stage, svg, tell } from "./kit.js"
import { plain, put, tex } from "./tex.js"

const factorial = n => (n > 1 ? n * factorial(n - 1) : 1)
const sign = n => (n % 2 ? -1 : 1)
const latex = { "exp(x)": "e^x", "sin(x)": "\\sin(x)", "cos(x)": "\\cos(x)", "ln(1 + x)": "\\ln(1 + x)" }

// Each: the function, and what stands before x to the n in its series.
export const FUNCTIONS = {
  "exp(x)": [Math.exp, n => 1 / factorial(n)],
  "sin(x)": [Math.sin, n => (n % 2 ? sign((n - 1) / 2) / factorial(n) : 0)],
  "cos(x)": [Math.cos, n => (n % 2 ? 0 : sign(n / 2) / factorial(n))],
  "ln(1 + x)": [Math.log1p, n => (n ? -sign(n) / n : 0)],
}

export const partial = (name, x, terms) => range(0, terms, Math.max(1, terms)).slice(0, terms + 1).reduce((sum, n) => sum + FUNCTIONS[name][1](n) * x ** n, 0)
export const channels = (first, growth, layers) => first + layers * growth
export const denseWeights = (first, growth, layers) => range(0, layers - 1, layers - 1 || 1).slice(0, layers).reduce((sum, layer) => sum + 9 * channels(first, growth, layer) * growth, 0)
export const residualWeights = (width, layers) => 9 * width ** 2 * layers

export default function make(it) {
  const [one, two] = [series(it), dense(it)]
  it.frame.append(element("div", { class: "both" }, element("div", { class: "side" }, ...one.parts), element("div", { class: "side" }, ...two.parts)))
  it.files = () => [one.file(), two.file()]
  return () => { one.show(); two.show() }
}

function series(it) {
  const of = choice(it, "of", "Function", it.data.functions.map(name => [name, name]))
  const terms = slider(it, "terms", "Up to the power", { least: 0, most: it.data.terms })
  const [place, said] = [element("div", { class: "picture" }), element("div", { class: "formulas" })]
  const legend = element("div", { class: "legend" }, element("span", {}, key(0), "f(x)"), element("span", {}, key(1, true), "its series so far"), element("span", {}, key(2), "what is left: the rest, as g(x) of a block"))
  const draw = stage(place, "drag across")
  let box = null
  const least = () => (it.state.of === "ln(1 + x)" ? -0.95 : -3)
  const set = value => it.change({ x: bounded(Math.max(least(), value), -3, 3, 0.05) })
  handle(place.firstChild, { label: "x", place: px => set(-3 + ((px - box.left) / (box.right - box.left)) * 6), step: (dx, dy) => set(it.state.x + (dx + dy) * 0.05) })
  const show = () => {
    of.show()
    terms.show()
    const { width, height, size } = room(it, place, { tall: 330, share: 0.37 })
    const at = Math.max(least(), it.state.x)
    const f = FUNCTIONS[it.state.of][0]
    const so = x => partial(it.state.of, x, it.state.terms)
    box = { left: size * 2.6, right: width - 4, top: size * 0.6, bottom: height - size * 2.8 }
    const [x, y] = [linear(-3, 3, box.left, box.right, 6), linear(-4, 6, box.bottom, box.top, 5)]
    const { parts, inside } = axes({ box, size, x, y, across: "x" })
    const places = range(Math.max(-3, least() - 0.049), 3, 300)
    const lines = [[x => f(x) - so(x), 2, "", 2], [f, 0, "", 3], [so, 1, "8 5", 3]]
    for (const [g, colour, dash, wide] of lines) inside.append(path(places.map(p => [x.at(p), y.at(g(p))]), { style: `stroke:var(--c${colour})`, "stroke-width": wide, "stroke-dasharray": dash }))
    inside.append(svg("line", { x1: x.at(at), x2: x.at(at), y1: box.top, y2: box.bottom, style: "stroke:var(--st-text-color)", "stroke-dasharray": "3 3" }))
    for (const [g, colour] of lines) inside.append(svg("circle", { cx: x.at(at), cy: y.at(g(at)), r: size * 0.45, style: `fill:var(--c${colour})` }))
    draw(width, height, size, ...parts)
    const [value, now] = [f(at), so(at)]
    tell(place.firstChild, -3, 3, at, `x = ${plain(at)}: f = ${plain(value)}, series ${plain(now)}`)
    const name = latex[it.state.of]
    const beyond = it.state.of === "ln(1 + x)" && at > 1 ? " Beyond $x = 1$ this series does not come near, however many terms." : ""
    formulas(said, [`$${name} \\approx ${written(it)}$`, `At $x = ${tex(at)}$: $${tex(value)} \\approx ${tex(now)}$, what is left is $${tex(Number((value - now).toFixed(6)))}$.${beyond}`, "ResNet stops at two: $f(x) = x + g(x)$, with a $g$ that is learned."])
  }
  const file = () => {
    const { of: name, terms: power, x } = it.state
    const [f, at] = [FUNCTIONS[name][0], Math.max(least(), x)]
    const places = range(-3, 3, 240).map(rounded).filter(p => p >= least())
    return {
      name: "series", label: "A function and its series", said: `${name} up to the power ${power}; x = ${plain(at)}`, of: ["of", "terms", ["x", at]], place, keys: legend,
      rows: () => [["x", "f(x)", "series", "rest"], ...places.map(p => [p, f(p), partial(name, p, power), f(p) - partial(name, p, power)])],
    }
  }
  return { parts: [of.box, terms.box, place, legend, said], show, file }
}

function written(it) {
  const parts = []
  for (let n = 0; n <= it.state.terms; n++) {
    const c = FUNCTIONS[it.state.of][1](n)
    if (!c) continue
    const below = Math.round(1 / Math.abs(c))
    const power = n > 1 ? `x^{${n}}` : n ? "x" : "1"
    const term = below > 1 ? `\\frac{${power}}{${below.toLocaleString("en").replaceAll(",", "{,}")}}` : power
    parts.push(c < 0 ? `- ${term}` : parts.length ? `+ ${term}` : term)
  }
  return parts.join(" ") || "0"
}

// A bar for each layer's input: what came in, and every addition in its own colour.
function dense(it) {
  const sliders = [counter(it, "first", "Channels in, $k_0$", [1, 256]), counter(it, "growth", "Growth rate $k$", [1, 64]), slider(it, "layers", "Layers", { least: 1, most: it.data.layers })]
  const [place, said] = [element("div", { class: "picture" }), element("div", { class: "formulas" })]
  const draw = stage(place, "")
  const show = () => {
    for (const one of sliders) one.show()
    const { first, growth, layers } = it.state
    const { width, height, size } = room(it, place, { tall: 340, share: 0.38, ratio: 0.8 })
    const high = Math.min(size * 1.9, (height - size * 2) / (layers + 1))
    const all = channels(first, growth, layers)
    const left = size * 5.2
    const scale = (width - left - size * 4) / all
    const parts = [svg("text", { class: "title", x: 0, y: size }, "channels behind each layer")]
    for (let n = 0; n <= layers; n++) {
      const y = size * 1.8 + n * high
      const text = Math.min(size, high)
      if (high > size * 0.75 || n % 2 === 0) parts.push(svg("text", { x: 0, y: y + high * 0.5 + text * 0.25, "font-size": text }, n ? `[…, f${subscript(n)}]` : "x"))
      for (let k = 0; k <= n; k++) {
        const [from, wide] = k ? [first + (k - 1) * growth, growth] : [0, first]
        parts.push(svg("rect", { x: left + from * scale, y, width: Math.max(0.5, wide * scale - (wide * scale > 4 ? 1 : 0)), height: high * 0.82, style: `fill:${k ? `var(--c${(k - 1) % 6})` : "var(--c6)"};fill-opacity:${k === n || !k ? 0.9 : 0.45}` }))
      }
      if (high > size * 0.75 || n % 2 === 0) parts.push(svg("text", { x: left + channels(first, growth, n) * scale + 6, y: y + high * 0.5 + text * 0.25, "font-size": text }, channels(first, growth, n).toLocaleString("en")))
    }
    draw(width, Math.ceil(size * 2 + (layers + 1) * high), size, ...parts)
    place.firstChild.setAttribute("role", "img")
    place.firstChild.setAttribute("aria-label", `Channels: ${Array.from({ length: layers + 1 }, (_, n) => channels(first, growth, n)).join(", ")}`)
    const [weights, sum] = [denseWeights(first, growth, layers), residualWeights(all, layers)]
    formulas(said, [
      `$k_0 + l \\cdot k = ${first} + ${layers} \\cdot ${growth} = ${tex(all)}$ channels`,
      `Weights of its 3×3 convolutions: $\\sum_{l=1}^{${layers}} 9 \\cdot (k_0 + (l - 1) k) \\cdot k = ${tex(weights)}$`,
      `A sum needs the same width throughout: ${layers} layers of ${all.toLocaleString("en")} channels have $9 \\cdot ${put(all)}^2 \\cdot ${layers} = ${tex(sum)}$, ${plain(sum / weights, 2)} times as many.`,
    ])
  }
  const file = () => {
    const { first, growth, layers } = it.state
    return {
      name: "dense", label: "Channels of a dense block", said: `${first} channels in, growth rate ${growth}, ${layers} ${layers === 1 ? "layer" : "layers"}`, of: ["first", "growth", "layers"], place,
      rows: () => [["layers", "channels", "weights so far"], ...Array.from({ length: layers + 1 }, (_, n) => [n, channels(first, growth, n), denseWeights(first, growth, n)])],
    }
  }
  return { parts: [...sliders.map(one => one.box), place, said], show, file }
}

const subscript = n => [...String(n)].map(digit => "₀₁₂₃₄₅₆₇₈₉"[digit]).join("")
