// Small grids of numbers, for ideas that work on tiny images.
import { svg } from "./kit.js"

// One grid. `shade(value)` is how dark a cell is, from 0 to 1; `text(value)` what stands in it.
export function grid(values, { x, y, cell, size, shade, text = String, colour = "--c0", classes = () => "" }) {
  const [made, marked] = [svg("g", {}), svg("g", {})]
  values.forEach((row, i) => row.forEach((value, j) => {
    const [left, top] = [x + j * cell, y + i * cell]
    made.append(svg("rect", { x: left, y: top, width: cell, height: cell, class: "cell", style: `fill:color-mix(in srgb, var(${colour}) ${Math.round(70 * shade(value))}%, var(--st-background-color))` }))
    const shape = classes(i, j)
    if (shape) marked.append(frame(x, y, cell, [i, j, 1, 1], shape)) // above its neighbours
    const said = text(value)
    if (said && cell > size) made.append(svg("text", { x: left + cell / 2, y: top + cell / 2 + size * 0.36, "text-anchor": "middle", "font-size": Math.min(size, (cell * 1.5) / Math.max(2, said.length)) }, said))
  }))
  made.append(marked)
  return made
}

export const frame = (x, y, cell, [row, column, rows, columns], shape) =>
  svg("rect", { x: x + column * cell, y: y + row * cell, width: columns * cell, height: rows * cell, class: shape })

export const title = (x, y, text) => svg("text", { x, y, class: "title" }, text)
