// Saves pictures that stand on the page as SVG or PNG: plotly's figures, and images that are an SVG.
import { button, element, mounted } from "./dom.js"
import { downloadPng, downloadSvg, svgElement } from "./save.js"

const LARGE = 2 // a small image is saved at this many times its size on the page

export function drawPictures({ parentElement, data }) {
  const rows = data.pictures.map(picture => {
    const save = (kind, act) =>
      button(kind, `${picture.label} as ${kind}`, async () => {
        const drawn = found(picture)
        if (drawn) await act(await drawn, picture.name)
      })
    const buttons = [save("SVG", downloadSvg), save("PNG", downloadPng)]
    for (const made of buttons) made.disabled = !shown(picture)
    return element("p", {}, element("span", {}, picture.label), ...buttons)
  })
  parentElement.replaceChildren()
  mounted(parentElement, "pictures.css", ...rows)
}

function shown({ of, nth }) {
  const roots = [...document.querySelectorAll("*")].map(part => part.shadowRoot).filter(Boolean)
  return [document, ...roots].flatMap(root => [...root.querySelectorAll(of)])[nth]
}

function found(picture) {
  const part = shown(picture)
  if (!part) return null
  return part.tagName === "IMG" ? ofImage(part) : ofFigure(part)
}

// On the page's background: its text has the colour that can be read there.
const background = () => getComputedStyle(document.querySelector(".stApp") ?? document.body).backgroundColor

async function ofImage(image) {
  const text = await (await fetch(image.src)).text()
  const svg = new DOMParser().parseFromString(text, "image/svg+xml").documentElement
  const [x, y, width, height] = svg.getAttribute("viewBox").split(/\s+/).map(Number)
  const scale = (LARGE * image.width) / width
  svg.setAttribute("width", width * scale)
  svg.setAttribute("height", height * scale)
  svg.prepend(svgElement("rect", { x, y, width, height, style: `fill:${background()}` }))
  return { text: new XMLSerializer().serializeToString(svg), width: width * scale, height: height * scale }
}

// Plotly draws a figure as several SVGs, one above the other.
function ofFigure(plot) {
  const layers = [...plot.querySelectorAll("svg.main-svg")]
  const { width, height } = layers[0].getBoundingClientRect()
  const whole = svgElement("svg", { width, height, viewBox: `0 0 ${width} ${height}` })
  whole.append(svgElement("rect", { width, height, fill: background() }))
  for (const layer of layers) {
    const copy = layer.cloneNode(true)
    for (const part of copy.querySelectorAll(".draglayer, .hoverlayer, .scrollbox, .legendtoggle")) {
      if (part.matches(".scrollbox")) part.removeAttribute("clip-path")
      else part.remove()
    }
    for (const part of copy.querySelectorAll("[clip-path]")) {
      // The address of the page stands before the mark where the page has a base address.
      part.setAttribute("clip-path", part.getAttribute("clip-path").replace(/url\(['"]?[^#]*#([^'")]+)['"]?\)/, "url(#$1)"))
    }
    copy.removeAttribute("style")
    copy.removeAttribute("class")
    whole.append(copy)
  }
  return { text: new XMLSerializer().serializeToString(whole), width, height }
}
