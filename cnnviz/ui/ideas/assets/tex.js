// LaTeX as MathML, which browsers draw by themselves: formulas that follow a drag without asking the server.
// Only what the ideas write is read; an unknown command stands there as it is.
const MATHML = "http://www.w3.org/1998/Math/MathML"
const TOKEN = /\\[a-zA-Z]+|\\.|\d+(?:\{,\}\d{3})*(?:\.\d+)?|\S/y
const LETTERS = { alpha: "α", beta: "β", gamma: "γ", delta: "δ", varepsilon: "ε", epsilon: "ε", lambda: "λ", mu: "μ", sigma: "σ", varphi: "φ", phi: "φ", Phi: "Φ", eta: "η", theta: "θ", partial: "∂", infty: "∞", ell: "ℓ", nabla: "∇" }
const NAMES = new Set(["ln", "log", "exp", "tanh", "max", "min", "sin", "cos"])
const SIGNS = { cdot: "·", times: "×", cdots: "⋯", ldots: "…", in: "∈", odot: "⊙", le: "≤", ge: "≥", ne: "≠", neq: "≠", approx: "≈", to: "→", sum: "∑", prod: "∏", pm: "±", lfloor: "⌊", rfloor: "⌋", lceil: "⌈", rceil: "⌉", lVert: "‖", rVert: "‖", mid: "|", "{": "{", "}": "}", "%": "%" }
const SPACES = { ",": ".17em", ";": ".28em", " ": ".25em", quad: "1em" }
const UNDER = new Set(["sum", "prod", "max", "min"]) // their scripts stand below and above
const OPERATORS = /[-+*=<>()[\]|/!,;:]/
const FENCES = /[()[\]|⌊⌋⌈⌉‖{}]/

export function math(latex) {
  const reader = { text: latex, at: 0 }
  const made = node("math", ...row(reader, ""))
  made.setAttribute("displaystyle", "true")
  made.setAttribute("aria-label", latex.replace(/\\text\{([^}]*)\}/g, "$1").replace(/\\(cdot|times)/g, "times"))
  return made
}

// Numbers as LaTeX: 0.818, 9.5 \cdot 10^{-7}, 12{,}345.
export function tex(value, digits = 3) {
  if (value === Infinity) return "\\infty"
  const size = Math.abs(value)
  if (size && (size < 10 ** -digits || size >= 1e15)) {
    const [mantissa, power] = value.toExponential(1).split("e")
    return `${mantissa} \\cdot 10^{${Number(power)}}`
  }
  const rounded = Number(size < 1000 ? value.toPrecision(digits + (size < 1 ? 0 : 1)) : value.toFixed(0))
  return rounded.toLocaleString("en", { maximumFractionDigits: 12 }).replaceAll(",", "{,}")
}

// A number to put into a formula: in parentheses where it is negative.
export const put = (value, digits) => (value < 0 ? `(${tex(value, digits)})` : tex(value, digits))

// The same for people, without LaTeX: "9.5·10⁻⁷".
export function plain(value, digits = 3) {
  const powers = "⁰¹²³⁴⁵⁶⁷⁸⁹"
  return tex(value, digits).replaceAll("{,}", ",").replace("\\infty", "∞")
    .replace(/ \\cdot 10\^\{(-?)(\d+)\}/, (_, sign, power) => `·10${sign ? "⁻" : ""}${[...power].map(d => powers[d]).join("")}`)
    .replace("-", "−")
}

function node(name, ...inside) {
  const made = document.createElementNS(MATHML, name)
  made.append(...inside)
  return made
}

function peek(reader) {
  while (/\s/.test(reader.text[reader.at] ?? "")) reader.at++
  TOKEN.lastIndex = reader.at
  return TOKEN.exec(reader.text)?.[0] ?? ""
}

function take(reader) {
  const token = peek(reader)
  reader.at += token.length
  return token
}

function row(reader, end) {
  const parts = []
  while (peek(reader) !== end && peek(reader)) {
    const made = scripted(reader)
    const before = parts.at(-1)
    // A minus that nothing stands before is a sign, not a difference.
    if (made.textContent === "−" && (!before || (before.nodeName === "mo" && !")]|′⌋⌉".includes(before.textContent)))) made.setAttribute("form", "prefix")
    parts.push(made)
  }
  if (end) take(reader)
  return parts
}

function scripted(reader) {
  const limits = UNDER.has(peek(reader).slice(1))
  let base = atom(reader)
  let [below, above] = [null, null]
  for (;;) {
    const mark = peek(reader)
    if (mark === "_") { take(reader); below = atom(reader) }
    else if (mark === "^") { take(reader); above = atom(reader) }
    else if (mark === "'") { take(reader); base = node("mrow", base, prime()) }
    else break
  }
  if (below && above) return node(limits ? "munderover" : "msubsup", base, below, above)
  if (below) return node(limits ? "munder" : "msub", base, below)
  return above ? node(limits ? "mover" : "msup", base, above) : base
}

// In most fonts it is raised already.
function prime() {
  const made = node("mo", "′")
  made.setAttribute("lspace", "0")
  made.setAttribute("rspace", "0")
  return made
}

function atom(reader) {
  const token = take(reader)
  if (token === "{") return node("mrow", ...row(reader, "}"))
  if (/^\d/.test(token)) return node("mn", token.replaceAll("{,}", ","))
  if (token[0] === "\\") return command(reader, token.slice(1))
  if (OPERATORS.test(token)) return operator(token === "-" ? "−" : token)
  return node("mi", token)
}

function operator(sign) {
  const made = node("mo", sign)
  if (FENCES.test(sign)) made.setAttribute("stretchy", "false")
  return made
}

function command(reader, name) {
  if (name === "text" || name === "mathrm") return node("mtext", raw(reader))
  if (name === "frac" || name === "dfrac") return node("mfrac", atom(reader), atom(reader))
  if (name === "sqrt") return node("msqrt", atom(reader))
  if (name === "mathbf") {
    const made = atom(reader)
    made.setAttribute("class", "bold")
    return made
  }
  if (name === "hat") return node("mover", atom(reader), node("mo", "^"))
  if (name === "left" || name === "right") return operator(take(reader))
  if (name in SPACES) return space(SPACES[name])
  if (name in LETTERS) return node("mi", LETTERS[name])
  if (NAMES.has(name)) {
    const made = node("mi", name)
    if ("(_^".includes(peek(reader)[0])) return made
    return node("mrow", made, space(SPACES[","]))
  }
  return operator(SIGNS[name] ?? `\\${name}`)
}

function space(width) {
  const made = node("mspace")
  made.setAttribute("width", width)
  return made
}

// What stands in the braces of \text, with its spaces.
function raw(reader) {
  const from = reader.text.indexOf("{", reader.at) + 1
  reader.at = reader.text.indexOf("}", from) + 1
  return reader.text.slice(from, reader.at - 1).replaceAll(" ", "\u00a0")
}
