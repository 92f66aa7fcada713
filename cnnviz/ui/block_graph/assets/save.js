// The graph as it stands on screen, as a file: SVG, PNG, or the DOT text.
const STYLES = ["fill", "stroke", "stroke-width", "stroke-dasharray", "font-family", "font-size", "font-weight"]
const SHARPNESS = 2 // pixels of a PNG for each pixel of the drawing
const LARGEST_SIDE = 16_000 // what browsers can paint on
const TITLE = 20 // px of the legend's lines

export function saveDot(it) {
  download(new Blob([it.dot + "\n"], { type: "text/vnd.graphviz" }), `${it.name}.dot`)
}

export const saveSvg = it => downloadSvg(standalone(it), it.name)
export const savePng = it => downloadPng(standalone(it), it.name)

export function downloadSvg({ text }, name) {
  download(new Blob([text], { type: "image/svg+xml" }), `${name}.svg`)
}

export async function downloadPng({ text, width, height }, name) {
  const address = URL.createObjectURL(new Blob([text], { type: "image/svg+xml" }))
  try {
    const image = new Image()
    image.src = address
    await image.decode()
    const scale = Math.min(SHARPNESS, LARGEST_SIDE / width, LARGEST_SIDE / height)
    const canvas = document.createElement("canvas")
    canvas.width = Math.ceil(width * scale)
    canvas.height = Math.ceil(height * scale)
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height)
    const png = await new Promise(resolve => canvas.toBlob(resolve, "image/png"))
    download(png, `${name}.png`)
  } finally {
    URL.revokeObjectURL(address)
  }
}

// The SVG with the style sheet's colours written into it, on the page's background, with its legend.
function standalone(it) {
  const copy = it.svg.cloneNode(true)
  writeStyles(it.svg, copy, "path, polygon, polyline, ellipse, text")
  for (const part of copy.querySelectorAll("[tabindex], [role]"))
    for (const name of ["tabindex", "role", "aria-label", "aria-pressed", "aria-expanded"]) part.removeAttribute(name)
  const frame = getComputedStyle(it.frame)
  const lines = it.legend.querySelectorAll("li")
  const { width, height } = it.box
  const [x, y] = copy.getAttribute("viewBox").split(/\s+/).map(Number)
  const below = (lines.length + 2) * TITLE
  copy.removeAttribute("style")
  copy.removeAttribute("class")
  copy.setAttribute("width", width)
  copy.setAttribute("height", height + below)
  copy.setAttribute("viewBox", `${x} ${y} ${width} ${height + below}`)
  copy.prepend(svgElement("rect", { x, y, width, height: height + below, fill: frame.backgroundColor }))
  const say = (text, across, down) =>
    copy.append(svgElement("text", { x: x + across, y: down, fill: frame.color, "font-family": frame.fontFamily, "font-size": 12 }, text))
  say(it.legend.querySelector("p").textContent, 4, y + height + TITLE)
  lines.forEach((line, i) => {
    const style = getComputedStyle(line.querySelector("span"))
    const top = y + height + (i + 1.4) * TITLE
    copy.append(svgElement("rect", { x: x + 4, y: top, width: 14, height: 14, fill: style.backgroundColor, stroke: style.borderTopColor }))
    say(line.textContent, 24, top + 11)
  })
  return { text: new XMLSerializer().serializeToString(copy), width, height: height + below }
}

// What the page's style sheets say of a drawing, written into its copy.
export function writeStyles(svg, copy, parts, names = STYLES) {
  const copied = copy.querySelectorAll(parts)
  svg.querySelectorAll(parts).forEach((part, i) => {
    const style = getComputedStyle(part)
    for (const name of names) copied[i].setAttribute(name, style.getPropertyValue(name))
  })
}

export function svgElement(name, attributes, text = "") {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name)
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value)
  made.textContent = text
  return made
}

export function download(blob, name) {
  const link = document.createElement("a")
  link.href = URL.createObjectURL(blob)
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000)
}
