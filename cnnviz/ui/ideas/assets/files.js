// The Export menu of an idea: pictures as they stand, and the numbers behind them, made by the browser.
// A picture is light whatever the page is, as it goes onto paper, and has its title and its legend.
import { button, element, mounted } from "../dom.js"
import { download, downloadPng, downloadSvg, svgElement as svg } from "../save.js"

// The light theme of `.streamlit/config.toml`; a test holds them together.
export const PAPER = {
  text: "#0b1622", background: "#ffffff", "secondary-background": "#f2f5f8", border: "#c8d0d9", primary: "#0b5cad", link: "#0b5cad",
  red: "#c0352b", orange: "#c75000", yellow: "#8a6500", green: "#00805f", blue: "#0067a5", violet: "#8a4f9e", gray: "#5b6673",
}
const MARGIN = 16
const LEAST = 380 // px of width, for a title beside nothing wider
const LINE = 20
const LONGEST = 140 // letters of a file's name
const PAINTS = { fill: "#000000", stroke: "none" } // what they are where a file says nothing
// What is written of a style sheet into a file, where it is not this already.
const STYLES = { "stroke-width": "1", "stroke-dasharray": "none", "stroke-linecap": "butt", "stroke-linejoin": "miter", "paint-order": "normal", opacity: "1" }
const LETTERS = { "font-size": "", "font-weight": "400", "text-anchor": "start" }

let now = null // the idea on the page
const menus = new Map() // root -> what Python says of it, and where it draws

// ---- the menu

export function drawFiles({ parentElement: root, data }) {
  if (!menus.has(root)) {
    const place = element("div", {})
    mounted(root, "pictures.css", place)
    menus.set(root, { place, said: "" })
  }
  Object.assign(menus.get(root), data)
  fill(root)
}

export const forgetFiles = root => menus.delete(root)

// Called when an idea has drawn itself: what there is to save may have changed.
export function follow(it) {
  now = it
  for (const root of menus.keys()) fill(root)
}

export function leave(it) {
  if (now === it) now = null
}

function fill(root) {
  const menu = menus.get(root)
  const files = now?.data.idea === menu.idea ? now.files() : []
  const said = JSON.stringify(files.map(({ name, label, place, drawn, rows }) => [name, label, Boolean(place || drawn), Boolean(rows)]))
  if (menu.said === said) return
  menu.said = said
  const rows = files.map(({ name, label, place, drawn, rows }) => {
    const save = (kind, act) => button(kind, `${label} as ${kind}`, () => act(now, now.files().find(file => file.name === name), menu.title))
    const pictures = place || drawn ? [save("SVG", saveSvg), save("PNG", savePng)] : []
    return element("p", {}, element("span", { class: "wide" }, label), ...pictures, ...(rows ? [save("CSV", saveCsv)] : []))
  })
  menu.place.replaceChildren(...rows, element("p", { class: "note" }, "Pictures are light, for paper; CSV has the numbers with all their digits."))
}

const saveSvg = (it, file, title) => downloadSvg(sheet(it, file, title), nameOf(it, file))
const savePng = (it, file, title) => downloadPng(sheet(it, file, title), nameOf(it, file))
const saveCsv = (it, file) => download(new Blob([written(file.rows())], { type: "text/csv" }), `${nameOf(it, file)}.csv`)

// `activations-curves-tanh-x=2`: the screen, the picture and its settings.
export function nameOf({ data, state }, file) {
  const said = (file.of ?? []).map(name => {
    const [key, value] = Array.isArray(name) ? name : [name, state[name]]
    return typeof value === "number" || Array.isArray(name) || value === "yes" || value === "no" ? `${key}=${value}` : value
  })
  return [data.idea, file.name, ...said].join("-").replace(/[^\w.=+-]+/g, "_").replace(/_+(?=-|$)/g, "").slice(0, LONGEST)
}

export const written = rows => rows.map(row => `${row.map(cell).join(",")}\n`).join("")

function cell(value) {
  const text = String(value ?? "")
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

// ---- a picture as a file

// The drawing in a light frame of its own, out of sight, where the style sheet says what it looks like on paper.
function sheet(it, file, title) {
  const drawn = file.drawn ? file.drawn() : file.place.querySelector("svg, canvas")
  const colours = Object.entries(PAPER).map(([name, colour]) => `--st-${name}-color:${colour}`).join(";")
  const paper = element("div", { class: it.frame.className, style: `${colours};position:fixed;left:-20000px;top:0;width:2000px`, "aria-hidden": "true" })
  const copy = drawn.nodeName === "CANVAS" ? ofCanvas(drawn) : drawn.cloneNode(true)
  const keys = file.keys ? file.keys.cloneNode(true) : element("div")
  paper.append(element("div", { class: "picture" }, copy), keys)
  it.frame.parentNode.append(paper)
  try {
    file.finish?.(copy, getComputedStyle(paper))
    plain(copy)
    const box = copy.getBBox()
    const own = Math.min(copy.viewBox.baseVal.width, box.x + box.width) // a drawing may leave room on its right
    return framed(copy, own, { lines: legend(keys), heading: `${title}: ${file.label}`, said: file.said ?? "" })
  } finally {
    paper.remove()
  }
}

function ofCanvas(canvas) {
  const [width, height] = [parseFloat(canvas.style.width) || canvas.width, parseFloat(canvas.style.height) || canvas.height]
  const made = svg("svg", { viewBox: `0 0 ${width} ${height}`, width, height })
  made.append(svg("image", { width, height, href: canvas.toDataURL() }))
  return made
}

// Writes styles into the drawing, and takes out what is for the page alone: links, names, places for the focus.
function plain(copy) {
  const parts = [...copy.querySelectorAll("path, line, rect, circle, polygon, text")]
  const found = parts.map(part => {
    const style = getComputedStyle(part)
    const names = part.nodeName === "text" ? { ...STYLES, ...LETTERS } : STYLES
    const said = Object.entries(names).map(([name, usual]) => [name, style.getPropertyValue(name).replaceAll("px", ""), usual])
    const paints = Object.keys(PAINTS).map(name => [name, `${name}-opacity`, style.getPropertyValue(name), Number(style.getPropertyValue(`${name}-opacity`))])
    return { said, paints }
  })
  parts.forEach((part, i) => {
    for (const [name, value, usual] of found[i].said) value === usual ? part.removeAttribute(name) : part.setAttribute(name, value)
    for (const [name, opacity, value, own] of found[i].paints) {
      const [colour, alpha] = solid(value)
      const rest = Number((own * alpha).toFixed(3))
      colour === PAINTS[name] ? part.removeAttribute(name) : part.setAttribute(name, colour)
      colour === "none" || rest === 1 ? part.removeAttribute(opacity) : part.setAttribute(opacity, rest)
    }
  })
  for (const part of [copy, ...copy.querySelectorAll("*")])
    for (const { name } of [...part.attributes]) if (/^(style|class|tabindex|role|target|aria-.*|data-.*)$/.test(name)) part.removeAttribute(name)
  for (const link of copy.querySelectorAll("a")) {
    const group = svg("g", {})
    group.append(...link.childNodes)
    link.replaceWith(group)
  }
}

// Any colour of a browser as one that every program reads, and how much of it covers what lies below.
const pixel = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true })
const known = new Map()
function solid(value) {
  if (value === "none") return ["none", 1]
  if (!known.has(value)) {
    pixel.clearRect(0, 0, 1, 1)
    pixel.fillStyle = value
    pixel.fillRect(0, 0, 1, 1)
    const [r, g, b, a] = pixel.getImageData(0, 0, 1, 1).data
    known.set(value, a ? [`#${[r, g, b].map(part => part.toString(16).padStart(2, "0")).join("")}`, a / 255] : ["none", 1])
  }
  return known.get(value)
}

// What lines mean, as it stands beside the picture.
function legend(keys) {
  return [...keys.querySelectorAll(".key")].map(key => ({
    colour: solid(getComputedStyle(key).borderTopColor)[0],
    dash: key.matches(".dashed") ? "8 5" : key.matches(".dotted") ? "2 5" : "",
    text: key.parentNode.textContent,
  }))
}

// The drawing on white, below its title and above its legend.
function framed(copy, own, { lines, heading, said }) {
  const { height } = copy.viewBox.baseVal
  const width = Math.ceil(Math.max(own, LEAST) + 2 * MARGIN)
  const titles = [...wrapped(heading, 600, 16, width), ...wrapped(said, 400, 13, width)]
  const top = MARGIN + titles.length * LINE + 10
  const tall = Math.ceil(top + height + lines.length * LINE + MARGIN)
  const whole = svg("svg", { width, height: tall, viewBox: `0 0 ${width} ${tall}`, "font-family": "Source Sans, Helvetica, Arial, sans-serif" })
  whole.append(svg("rect", { width, height: tall, fill: PAPER.background }))
  const say = (text, x, y, weight, size) => svg("text", { x, y, fill: PAPER.text, "font-size": size, "font-weight": weight }, text)
  titles.forEach(([text, weight, size], i) => whole.append(say(text, MARGIN, MARGIN + LINE * (i + 0.6), weight, size)))
  const inside = svg("g", { transform: `translate(${MARGIN} ${top})` })
  inside.append(...copy.childNodes)
  whole.append(inside)
  lines.forEach(({ colour, dash, text }, i) => {
    const y = top + height + LINE * (i + 0.6)
    whole.append(svg("line", { x1: MARGIN, x2: MARGIN + 34, y1: y, y2: y, stroke: colour, "stroke-width": 3, ...(dash ? { "stroke-dasharray": dash } : {}) }))
    whole.append(say(text, MARGIN + 44, y + 4.5, 400, 13))
  })
  return { text: new XMLSerializer().serializeToString(whole), width, height: tall }
}

function wrapped(text, weight, size, width) {
  pixel.font = `${weight} ${size}px Helvetica, Arial, sans-serif`
  const lines = []
  for (const word of text.split(" ").filter(Boolean)) {
    const longer = [lines.at(-1), word].filter(Boolean).join(" ")
    if (lines.length && pixel.measureText(longer).width <= width - 2 * MARGIN) lines[lines.length - 1] = longer
    else lines.push(word)
  }
  return lines.map(line => [line, weight, size])
}

// ---- numbers that several ideas have

// Each number of a grid with its place, counted from 1.
export const cells = (name, rows) => rows.flatMap((row, i) => row.map((value, j) => [name, i + 1, j + 1, value]))
// A place on an axis, without what adding it up has left behind the last digit.
export const rounded = value => Number(value.toFixed(9))
