// The picture as it stands, as a file: grids, the sum, and what is counted.
import { downloadPng, downloadSvg, svgElement as svg, writeStyles } from "./shared.js"

const STYLES = ["fill", "fill-opacity", "stroke", "stroke-width", "stroke-dasharray", "font-family", "font-size", "font-weight", "font-style", "text-anchor", "dominant-baseline", "opacity", "visibility"]
const LINE = 24 // px

export function savePicture(it, kind) {
  const name = `${it.data.kind}-${it.data.shape.n}x${it.data.shape.n}-step-${it.step + 1}`
  return (kind === "svg" ? downloadSvg : downloadPng)(standalone(it), name)
}

function standalone(it) {
  const { drawn, layout } = it.picture
  const copy = drawn.cloneNode(true)
  writeStyles(drawn, copy, "rect, text", STYLES)
  drawn.querySelectorAll(".marks, .window").forEach((part, at) => {
    const moved = part.style.transform.match(/-?[\d.]+/g)
    const target = copy.querySelectorAll(".marks, .window")[at]
    target.removeAttribute("style")
    if (moved) target.setAttribute("transform", `translate(${moved.join(" ")})`)
  })
  for (const part of copy.querySelectorAll("rect[style], text[style]")) part.removeAttribute("style")
  for (const part of copy.querySelectorAll("[tabindex], [role], [aria-label]"))
    for (const name of ["tabindex", "role", "aria-label"]) part.removeAttribute(name)
  for (const part of copy.querySelectorAll(".unread")) part.setAttribute("fill", "url(#hatch)")
  const style = getComputedStyle(it.frame)
  const background = getComputedStyle(document.querySelector(".stApp") ?? document.body).backgroundColor
  const counts = [...it.sums.box.querySelectorAll(".counts > div")].map(row => `${row.children[0].textContent}: ${row.children[1].textContent}`)
  const texts = [...wrapped(it.sums.box.querySelector(".sum").textContent, Math.floor(layout.width / 8.2)), counts.join("   ·   ")]
  const height = layout.height + (texts.length + 1) * LINE
  copy.setAttribute("height", height)
  copy.setAttribute("viewBox", `0 0 ${layout.width} ${height}`)
  copy.setAttribute("font-family", style.fontFamily)
  copy.prepend(svg("rect", { width: layout.width, height, fill: background }))
  texts.forEach((text, at) => copy.append(svg("text", { x: layout.width / 2, y: layout.height + (at + 1) * LINE, fill: style.color, "font-size": 15, "text-anchor": "middle" }, text)))
  copy.removeAttribute("class")
  return { text: new XMLSerializer().serializeToString(copy), width: layout.width, height }
}

function wrapped(text, most) {
  const lines = [""]
  for (const word of text.split(" ")) {
    if (lines.at(-1).length + word.length > most) lines.push("")
    lines[lines.length - 1] += `${lines.at(-1) ? " " : ""}${word}`
  }
  return lines
}
