// What is on the page as files: its pictures side by side, and the numbers.
import { button, element, refill } from "./dom.js"
import { sizes } from "./inside.js"
import { download } from "./save.js"

export function drawFiles(it) {
  const query = more => new URL(`${it.data.address}/values.csv?${new URLSearchParams({ net: it.net, image: it.state.image, ...more })}`, document.baseURI)
  const name = `${it.net.replace(":", "")}-${it.state.layer}`
  const picture = button("PNG", "The picture as PNG", () => savePng(it, name))
  refill(it.files, "Save: ", picture,
    element("a", { href: query({ layer: it.state.layer, channel: it.state.channel }), download: `${name}-map${it.state.channel}.csv` }, "this map, CSV"),
    element("a", { href: query({}), download: `${it.net.replace(":", "")}-predictions.csv` }, "predictions, CSV"))
}

// All pictures of the view side by side, with the words above them.
function savePng(it, name) {
  const canvases = [it.image, ...it.panel.querySelectorAll("canvas")]
  const gap = 16
  const extents = canvases.map(canvas => [canvas.width, canvas.height])
  const width = extents.reduce((sum, [w]) => sum + w + gap, gap)
  const height = Math.max(...extents.map(([, h]) => h)) + 60
  const canvas = element("canvas", { width, height })
  const brush = canvas.getContext("2d")
  const style = getComputedStyle(it.frame)
  brush.fillStyle = getComputedStyle(document.querySelector(".stApp") ?? document.body).backgroundColor
  brush.fillRect(0, 0, width, height)
  brush.fillStyle = style.color
  brush.font = `20px ${style.fontFamily}`
  brush.fillText(`${it.about.title}: ${it.pass.title}; ${it.state.layer}, ${sizes(it.about.layers.find(layer => layer.name === it.state.layer))}`, gap, 34)
  let x = gap
  canvases.forEach((part, i) => { brush.drawImage(part, x, 52); x += extents[i][0] + gap })
  canvas.toBlob(png => download(png, `${name}-${it.state.view}.png`))
}
