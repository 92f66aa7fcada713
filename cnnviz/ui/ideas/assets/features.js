// An image with what one step of the classic pipeline finds in it; the finding is done by scikit-image.
import { choice, element, fill, formulas, room, stage, svg } from "./kit.js"
import { tex } from "./tex.js"

const STEPS = { edges: "edges", HOG: "HOG", Harris: "Harris corners", SIFT: "SIFT", DAISY: "DAISY", words: "visual words", learned: "learned filters" }
const sum = numbers => numbers.reduce((a, b) => a + b, 0)
const colour = word => `hsl(${(word * 137) % 360} 75% 50%)`

export default function make(it) {
  const steps = choice(it, "step", "Step", it.data.steps.map(name => [name, STEPS[name]]))
  const images = element("div", {})
  const [place, right, said, extra] = [element("div", { class: "picture" }), element("div", { class: "picture" }), element("div", { class: "formulas" }), element("div", { class: "kernels" })]
  const [draw, drawRight] = [stage(place, ""), stage(right, "")]
  it.frame.append(element("div", { class: "bar" }, steps.box, images), element("div", { class: "both" }, element("div", { class: "side" }, place), element("div", { class: "side" }, right, extra, said)))
  let of = null
  it.files = () => files(it, place, right)
  return () => {
    if (images.dataset.of !== it.data.images.join()) {
      images.dataset.of = it.data.images.join()
      of = choice(it, "of", "Image", it.data.images.map(name => [name, name === "own" ? "yours" : name]))
      images.replaceChildren(of.box)
    }
    of.show()
    steps.show()
    const { side } = it.data
    const found = foundIn(it)
    const { width, height, size } = room(it, place, { ratio: 1, tall: 520, share: 0.56 })
    const wide = Math.min(width, height)
    const scale = wide / side
    const picture = found.picture ?? it.data.image
    draw(wide, wide, size, svg("image", { href: picture, width: wide, height: wide, preserveAspectRatio: "none" }), ...marked(found, scale, side))
    place.firstChild.setAttribute("role", "img")
    place.firstChild.setAttribute("aria-label", `The image with ${STEPS[found.step]}. ${summary(found)}`)
    const bars = found.step === "words"
    right.hidden = !bars && !found.picture
    if (bars) histogram(it, right, drawRight, found, size)
    else if (found.picture) {
      const small = Math.min(room(it, right, {}).width, wide * 0.55)
      drawRight(small, small, size, svg("image", { href: it.data.image, width: small, height: small }))
    }
    fill(extra, [found.kernels, it.state.filter, it.data.large], () => (found.kernels.length ? kernels(it, found) : []))
    formulas(said, told(found, side))
  }
}

// What Python found, with the weights of the learned filters, which come as whole numbers of 16 bits.
function foundIn({ data }) {
  if (data.found.step !== "learned") return { ...data.found, kernels: [] }
  const { sides, numbers } = JSON.parse(data.kernels)
  const weights = new Int16Array(Uint8Array.from(atob(numbers), letter => letter.charCodeAt(0)).buffer)
  let at = 0
  const kernels = sides.map(side => Array.from({ length: side }, () => Array.from({ length: side }, () => weights[at++] / 1e4)))
  return { ...data.found, kernels }
}

function files(it, place, right) {
  const found = foundIn(it)
  const image = it.state.of === "own" ? "an image of one's own" : it.state.of
  const { kernels } = found
  const named = ["of", "step", ...(kernels.length ? [["filter", (it.state.filter % kernels.length) + 1]] : [])]
  const rows = listed(found)
  return [
    { name: "image", label: `The image with ${STEPS[found.step]}`, said: `${image}, ${it.data.side} × ${it.data.side} pixels. ${summary(found)}`, of: named, place, rows: rows.length > 1 ? () => rows : null },
    ...(found.step === "words" ? [{ name: "histogram", label: "How often each word occurs", said: image, of: ["of"], place: right, rows: () => [["word", "times"], ...counted(found).map((n, k) => [k + 1, n])] }] : []),
    ...(kernels.length ? [{ name: "filters", label: "The learned filters", said: "each scaled by its largest weight; grey is 0", drawn: () => sheet(kernels), rows: () => [["filter", "row", "column", "weight"], ...kernels.flatMap((one, k) => one.flatMap((line, i) => line.map((value, j) => [k + 1, i + 1, j + 1, value])))] }] : []),
  ]
}

// What is found as numbers; an image that is made has none but its pixels.
function listed(found) {
  if (found.cells) return [["row of the cell", "column", "direction in degrees", "strength, the largest is 99"], ...found.cells.map((value, i) => {
    const [cell, k] = [Math.floor(i / found.directions), i % found.directions]
    return [Math.floor(cell / found.across) + 1, (cell % found.across) + 1, ((k + 0.5) * 180) / found.directions, value]
  })]
  if (found.step === "Harris") return [["row", "column"], ...found.marks]
  if (found.marks) return [["row", "column", "sigma", "direction in radians", "word"], ...found.marks.map((mark, i) => [...mark, found.words[i] + 1])]
  if (found.rows) return [["row", "column", "radius"], ...Array.from({ length: found.rows * found.columns }, (_, i) => [found.radius + Math.floor(i / found.columns) * found.pitch, found.radius + (i % found.columns) * found.pitch, found.radius])]
  return []
}

const counted = ({ words, count }) => Array.from({ length: count }, (_, k) => words.filter(word => word === k).length)

// What is found, upon the image.
function marked(found, scale, side) {
  if (found.cells) return stars(found, scale, side)
  if (found.step === "Harris") return found.marks.map(([row, column]) => svg("circle", { cx: (column + 0.5) * scale, cy: (row + 0.5) * scale, r: 4.5, fill: "none", stroke: "#ffd400", "stroke-width": 2 }))
  if (found.marks) return found.marks.flatMap(([row, column, sigma, angle], i) => {
    const [x, y, r] = [(column + 0.5) * scale, (row + 0.5) * scale, Math.max(3, 2 * sigma * scale)]
    const stroke = found.step === "words" ? colour(found.words[i]) : "#ffd400"
    const ring = svg("circle", { cx: x, cy: y, r, fill: found.step === "words" ? stroke : "none", "fill-opacity": 0.35, stroke, "stroke-width": 1.6 })
    return found.step === "words" ? [ring] : [ring, svg("line", { x1: x, y1: y, x2: x + r * Math.cos(angle), y2: y - r * Math.sin(angle), stroke, "stroke-width": 1.6 })]
  })
  if (found.rows) return daisies(found, scale)
  return []
}

// A star in each cell: a line along each edge direction, as long as there is of it.
function stars({ cells, across, directions }, scale, side) {
  const cell = (side / across) * scale
  const made = [svg("rect", { width: side * scale, height: side * scale, fill: "black", "fill-opacity": 0.55 })]
  for (let i = 0; i < across * across; i++) {
    const [x, y] = [((i % across) + 0.5) * cell, (Math.floor(i / across) + 0.5) * cell]
    for (let k = 0; k < directions; k++) {
      const part = cells[i * directions + k] / 99
      if (part < 0.06) continue
      const angle = (Math.PI * (k + 0.5)) / directions + Math.PI / 2 // edges run across their gradient
      const [dx, dy] = [Math.cos(angle) * cell * 0.48, Math.sin(angle) * cell * 0.48]
      made.push(svg("line", { x1: x - dx, y1: y - dy, x2: x + dx, y2: y + dy, stroke: "#ffd400", "stroke-width": 2, "stroke-opacity": Math.min(1, 0.15 + part * 1.4) }))
    }
  }
  return made
}

function daisies({ rows, columns, pitch, radius }, scale) {
  const made = []
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) {
    const [x, y] = [(radius + j * pitch) * scale, (radius + i * pitch) * scale]
    made.push(svg("circle", { cx: x, cy: y, r: 3, fill: "#ffd400" }))
    for (const ring of [0.5, 1]) for (let k = 0; k < 6; k++) {
      const angle = (k * Math.PI) / 3
      made.push(svg("circle", { cx: x + Math.cos(angle) * radius * ring * scale, cy: y + Math.sin(angle) * radius * ring * scale, r: radius * ring * 0.34 * scale, fill: "none", stroke: "#ffd400", "stroke-width": 1.3 }))
    }
  }
  return made
}

// How often each word occurs: what the image is to a classifier.
function histogram(it, place, draw, all, size) {
  const { count } = all
  const { width, height } = room(it, place, { tall: 260, share: 0.3 })
  const found = counted(all)
  const most = Math.max(1, ...found)
  const pitch = width / count
  const parts = [svg("text", { class: "title", x: 0, y: size }, "How often each of the words occurs")]
  found.forEach((n, k) => {
    const high = (n / most) * (height - size * 4.6)
    parts.push(svg("rect", { x: k * pitch + 2, y: height - size * 1.5 - high, width: pitch - 4, height: high, style: `fill:${colour(k)}` }))
    parts.push(svg("text", { x: (k + 0.5) * pitch, y: height - size * 1.9 - high, "text-anchor": "middle" }, n))
    parts.push(svg("text", { x: (k + 0.5) * pitch, y: height - size * 0.2, "text-anchor": "middle" }, k + 1))
  })
  draw(width, height, size, ...parts)
  place.firstChild.setAttribute("role", "img")
  place.firstChild.setAttribute("aria-label", `Words: ${found.join(" ")}`)
}

// One kernel, 36 pixels wide.
function kernel(rows) {
  const cell = 36 / rows.length
  const most = Math.max(...rows.flat().map(Math.abs)) || 1
  const made = svg("g", {})
  rows.forEach((row, i) => row.forEach((value, j) => {
    const level = Math.round(127.5 + (127.5 * value) / most)
    made.append(svg("rect", { x: j * cell, y: i * cell, width: cell + 0.4, height: cell + 0.4, fill: `rgb(${level},${level},${level})` }))
  }))
  return made
}

// All of them with their numbers, for a file.
function sheet(kernels) {
  const [across, pitch, drop] = [10, 46, 60]
  const made = svg("svg", { viewBox: `0 0 ${across * pitch} ${Math.ceil(kernels.length / across) * drop}` })
  kernels.forEach((rows, k) => {
    const place = svg("g", { transform: `translate(${(k % across) * pitch} ${Math.floor(k / across) * drop})` })
    place.append(kernel(rows), svg("text", { x: 18, y: 50, "text-anchor": "middle", "font-size": 12 }, k + 1))
    made.append(place)
  })
  return made
}

// The learned kernels as buttons, below them four that people wrote down.
function kernels(it, { kernels, classic }) {
  const pick = rows => {
    const picture = svg("svg", { viewBox: "0 0 36 36", width: 36, height: 36, "aria-hidden": "true" })
    picture.append(kernel(rows))
    return picture
  }
  const buttons = kernels.map((rows, k) => {
    const made = element("button", { type: "button", "aria-label": `Learned filter ${k + 1}`, "aria-pressed": k === it.state.filter % kernels.length ? "true" : "false" }, pick(rows))
    made.onclick = () => it.change({ filter: k })
    return made
  })
  return [element("p", { class: "note" }, "Learned by the first layers of small networks:"), element("div", { class: "buttons" }, ...buttons), element("p", { class: "note" }, "Written down by people (Sobel, and slanted):"), element("div", { class: "buttons" }, ...classic.map(pick))]
}

function summary(found) {
  if (found.cells) return `${found.numbers} numbers`
  if (found.marks) return `${found.marks.length} places`
  return found.rows ? `${found.rows} times ${found.columns} places` : ""
}

function told(found, side) {
  const marks = found.marks?.length ?? 0
  switch (found.step) {
    case "edges": return ["White: steep. The gradient of each pixel by Sobel's filter, $\\sqrt{(S_x * I)^2 + (S_y * I)^2}$ up to a factor. It has no names for things, and no memory: nothing here was learned."]
    case "HOG": {
      const n = found.across
      const blocks = n - found.block + 1
      return [`${n} × ${n} cells of $${side / n} \\times ${side / n}$ pixels, ${found.directions} directions each: the lines are the edges of a cell, bright where steep.`, `Blocks of $${found.block} \\times ${found.block}$ cells overlap: $${blocks} \\cdot ${blocks} \\cdot ${found.block} \\cdot ${found.block} \\cdot ${found.directions} = ${tex(found.numbers)}$ numbers describe the image.`, "A linear classifier (an SVM) on these numbers found pedestrians in 2005."]
    }
    case "Harris": return [`${marks} corners, the strongest that are at least 4 pixels apart.`, "For each pixel the matrix $M = \\sum (I_x^2, I_x I_y; I_x I_y, I_y^2)$ of its surroundings: two large eigenvalues are a corner, one an edge. $R = \\det M - k (\\text{trace} M)^2$.".replace("\\det", "\\text{det}")]
    case "SIFT": return [marks ? `${marks} keypoints, the largest: a ring for its size, a line for its direction.` : "Nothing to hold on to: the image is too smooth for a single keypoint.", "Each is described by $4 \\cdot 4 \\cdot 8 = 128$ numbers: 4 × 4 histograms of 8 directions around it, turned to its own direction and scaled to its own size.", `In all $${marks} \\cdot 128 = ${tex(marks * 128)}$ numbers.`]
    case "DAISY": return [`A grid of $${found.rows} \\cdot ${found.columns} = ${found.rows * found.columns}$ places, ${found.pitch} pixels apart; the rings are what each looks at.`, `A histogram of 8 directions in the middle and in each of $2 \\cdot 6$ petals: $(1 + 2 \\cdot 6) \\cdot 8 = ${found.numbers}$ numbers a place.`, "The same at every place, with overlap, and no keypoints: this is not far from a convolution."]
    case "words": return [marks ? `Each of the ${marks} keypoints is given the nearest of ${found.count} visual words; a colour is a word.` : "No keypoints, so no words.", `The words are the centres of groups of SIFT descriptors (k-means) of the photographs here; real ones had thousands. The image is now $${found.count}$ numbers, however large it is, and where things stand is forgotten: $${sum(found.words.map(() => 1))}$ words in a bag.`]
    default: return found.kernels.length
      ? [`Left: what ${found.name} makes of the image, by a moving sum of products; grey is 0. Pick another above.`, "Some are edges and bars in a direction, as people wrote them down; nobody wrote these."]
      : ["This installation has no trained networks to show the filters of. Explore shows which layer they would be; the page Training trains some."]
  }
}
