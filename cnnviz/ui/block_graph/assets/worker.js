// Lays out a DOT text with Graphviz compiled to WebAssembly, away from the page's own thread.
import { Graphviz } from "./wasm-graphviz.js"

const SLOW_MS = 1_500 // after a layout this slow, one direction has to do

const graphviz = await Graphviz.load()
postMessage("ready")

onmessage = ({ data: dot }) => {
  try {
    const began = performance.now()
    const drawings = { LR: drawing(dot, "LR") }
    if (performance.now() - began < SLOW_MS) drawings.TB = drawing(dot, "TB")
    postMessage({ drawings })
  } catch (error) {
    postMessage({ error: error.message ?? String(error) })
  }
}

function drawing(dot, direction) {
  // The last word on an attribute of the whole graph is the one that counts.
  const svg = graphviz.dot(dot.replace(/\}\s*$/, `rankdir=${direction} }`))
  const [, , width, height] = svg.match(/viewBox="([^"]+)"/)[1].split(/\s+/).map(Number)
  return { svg, width, height }
}
