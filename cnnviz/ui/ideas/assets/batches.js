// Iterations counted with one's own numbers and run through, and the classes that batches see of a sorted file.
import { chance } from "./chance.js"
import { action, counter, element, formulas, room, stage, svg, table, toggle } from "./kit.js"
import { tex } from "./tex.js"

const RUN_MS = 12_000 // for all iterations, however many
const STEP_MS = 250 // for one, at most
const written = number => number.toLocaleString("en")

export function count(images, batch, epochs, drop) {
  const rest = images % batch
  const batches = drop ? Math.floor(images / batch) : Math.ceil(images / batch)
  return { batches, last: batches ? (drop || !rest ? batch : rest) : 0, unseen: drop ? rest : 0, iterations: batches * epochs }
}

export const sortedFile = (images, classes) => Array.from({ length: classes }, (_, k) => Math.floor(((k + 1) * images) / classes) - Math.floor((k * images) / classes))

// Images of each class in the first batches; without a seed as they lie in the file.
export function seen(images, batch, batches, classes, seed) {
  const left = sortedFile(images, classes)
  const total = Math.min(images, batch * batches)
  const next = seed === null ? null : chance(seed)
  const made = []
  for (let i = 0; i < total; i++) {
    let at = next ? Math.floor(next() * (images - i)) : 0
    let one = 0
    while (at >= left[one]) at -= left[one++]
    left[one]--
    if (i % batch === 0) made.push(Array(classes).fill(0))
    made.at(-1)[one]++
  }
  return made
}

export default function make(it) {
  const { bounds } = it.data
  const fields = [counter(it, "images", "Images $N$", bounds.images), counter(it, "batch", "Batch size $B$", bounds.batch), counter(it, "epochs", "Epochs", bounds.epochs)]
  const drop = toggle(it, "drop", "Drop the last, smaller batch", ["no", "yes"])
  const shuffle = toggle(it, "shuffle", "Shuffle", ["no", "yes"])
  const again = action("Another order", () => it.change({ seed: 1 + (it.state.seed % 9999) }))
  const [place, numbers, said, note] = [element("div", { class: "picture" }), element("table"), element("div", { class: "formulas" }), element("p", { class: "note" })]
  const draw = stage(place, "")
  const run = runner(it)
  it.files = () => files(it, place)
  it.frame.append(element("div", { class: "both" },
    element("div", { class: "side" }, ...fields.map(field => field.box), drop.box, said, run.box, element("div", { class: "scroll" }, numbers)),
    element("div", { class: "side" }, element("div", { class: "buttons" }, shuffle.box, again), place, note)))
  return () => {
    for (const part of [...fields, drop, shuffle]) part.show()
    again.hidden = it.state.shuffle !== "yes"
    const { images, batch, epochs } = it.state
    const now = count(images, batch, epochs, it.state.drop === "yes")
    run.show(now)
    formulas(said, told(it, now))
    const rows = [["for comparison", "images", "batch", "epochs", "iterations"], ["LeNet-5 on MNIST, say", 60_000, 64, 20], ["AlexNet on ImageNet", 1_281_167, 128, 90], ["ResNet on CIFAR-10", 50_000, 128, 164]]
    table(numbers, rows.map((row, i) => (i ? [row[0], ...row.slice(1).map(written), written(count(row[1], row[2], row[3], false).iterations)] : row)))
    drawn(it, place, draw, now)
    note.textContent = it.state.shuffle === "yes" ? "Each batch is a small sample of the whole file. Another epoch, another order." : "The file lies sorted by class, and is read from its beginning: most batches hold one class alone."
  }
}

function files(it, place) {
  const { images, batch, epochs, drop, shuffle, seed } = it.state
  const { classes, drawn: most } = it.data
  const now = count(images, batch, epochs, drop === "yes")
  const shown = Math.min(most, now.batches)
  const columns = seen(images, batch, Math.max(1, shown), classes, shuffle === "yes" ? seed : null).slice(0, shown)
  const order = shuffle === "yes" ? [["shuffle", seed]] : []
  return [
    {
      name: "classes", label: "Classes in the first batches", said: `${written(images)} images, batches of ${written(batch)}, ${shuffle === "yes" ? `shuffled by seed ${seed}` : "as they lie"}`, of: ["images", "batch", ...order, "drop"], place,
      rows: () => [["batch", ...Array.from({ length: classes }, (_, k) => `class ${k}`)], ...columns.map((counts, i) => [i + 1, ...counts]), ["whole file", ...sortedFile(images, classes)]],
    },
    {
      name: "iterations", label: "The count", of: ["images", "batch", "epochs", "drop"],
      rows: () => [["images", "batch size", "epochs", "batches of an epoch", "images of the last batch", "images left out", "iterations"], [images, batch, epochs, now.batches, now.last, now.unseen, now.iterations]],
    },
  ]
}

function told(it, now) {
  const { images: N, batch: B, epochs } = it.state
  const [open, close] = it.state.drop === "yes" ? ["lfloor", "rfloor"] : ["lceil", "rceil"]
  const last = now.unseen ? `The last ${written(now.unseen)} images of an epoch are left out${it.state.shuffle === "yes" ? ", others each time" : ""}.` : now.last === B ? "All batches are full." : `The last batch of an epoch has $${tex(N)} - ${tex(now.batches - 1)} \\cdot ${tex(B)} = ${tex(now.last)}$ ${now.last === 1 ? "image" : "images"}.`
  return [
    `Iterations of an epoch: $\\${open} \\frac{N}{B} \\${close} = \\${open} \\frac{${tex(N)}}{${tex(B)}} \\${close} = ${tex(now.batches)}$`,
    `In all: $${tex(now.batches)} \\cdot ${tex(epochs)} = ${tex(now.iterations)}$ iterations, as many updates of the weights.`,
    now.batches ? last : "A batch is larger than the file: with the last one dropped nothing is left to learn from.",
  ]
}

// Runs through all iterations, in steps that can be followed or, where there are many, in a few seconds.
function runner(it) {
  const bar = element("div", { class: "bars" })
  const [fill, text, whole, words] = [element("i", { style: "background:var(--c0)" }), element("span"), element("i", { style: "background:var(--c2)" }), element("span")]
  bar.append(element("div", {}, fill, text), element("div", {}, whole, words))
  const play = action("Play", () => (timer ? stop() : start()))
  const step = action("Step", () => { stop(); go(1) }, "One iteration further")
  const back = action("Back to the start", () => { stop(); at = 0; say() })
  let [at, timer, now, key] = [0, 0, null, ""]
  const stop = () => { clearInterval(timer); timer = 0; play.textContent = "Play"; play.setAttribute("aria-label", "Play") }
  const go = by => { at = Math.min(now.iterations, at + by); say(); if (at >= now.iterations) stop() }
  const start = () => {
    if (at >= now.iterations) at = 0
    const pause = Math.min(STEP_MS, Math.max(40, RUN_MS / now.iterations))
    const by = Math.max(1, Math.round((now.iterations * pause) / RUN_MS))
    play.textContent = "Pause"
    play.setAttribute("aria-label", "Pause")
    timer = setInterval(() => (it.frame.isConnected ? go(by) : stop()), pause)
  }
  const say = () => {
    const per = Math.max(1, now.batches)
    const epoch = at ? Math.floor((at - 1) / per) : 0
    const inside = at - epoch * per
    const { images, batch, epochs } = it.state
    const before = Math.min(inside * batch, images - now.unseen)
    fill.style.width = `${(100 * inside) / per}%`
    whole.style.width = `${(100 * at) / Math.max(1, now.iterations)}%`
    text.textContent = `Epoch ${written(epoch + 1)} of ${written(epochs)}: batch ${written(inside)} of ${written(now.batches)}, ${written(before)} of ${written(images)} images`
    words.textContent = `Iteration ${written(at)} of ${written(now.iterations)}: ${written(at)} updates, ${written(epoch * (images - now.unseen) + before)} images seen`
  }
  return {
    box: element("div", { class: "second" }, element("div", { class: "buttons" }, play, step, back), bar),
    show(given) {
      now = given
      const is = JSON.stringify([now, it.state.images, it.state.batch])
      if (is !== key) { stop(); at = 0 }
      key = is
      say()
    },
  }
}

// The file as it lies, and a column for each of the first batches.
function drawn(it, place, draw, now) {
  const { images, batch, shuffle, seed } = it.state
  const { classes, drawn: most } = it.data
  const { width, height, size } = room(it, place, { ratio: 0.85, tall: 480, share: 0.52 })
  const shown = Math.min(most, now.batches)
  const columns = seen(images, batch, Math.max(1, shown), classes, shuffle === "yes" ? seed : null).slice(0, shown)
  const parts = [svg("text", { class: "title", x: 0, y: size }, "the file, sorted by class")]
  const file = sortedFile(images, classes)
  let x = 0
  file.forEach((count, k) => {
    const wide = (count / images) * width
    parts.push(svg("rect", { x, y: size * 1.6, width: Math.max(0, wide - 1), height: size * 1.6, style: `fill:${paint(k)}` }))
    if (wide > size) parts.push(svg("text", { x: x + wide / 2, y: size * 2.8, "text-anchor": "middle", style: "fill:white" }, k))
    x += wide
  })
  const top = size * 6
  parts.push(svg("text", { class: "title", x: 0, y: top - size * 0.9 }, `classes in the first ${shown} of ${written(now.batches)} batches`))
  const [pitch, tall] = [Math.min(width / Math.max(1, columns.length), size * 4), height - top - size * 1.8]
  columns.forEach((counts, i) => {
    let y = top + tall
    const all = counts.reduce((a, b) => a + b, 0)
    counts.forEach((count, k) => {
      const high = (count / batch) * tall
      y -= high
      if (count) parts.push(svg("rect", { x: i * pitch, y, width: pitch * 0.86, height: Math.max(0.5, high - 0.5), style: `fill:${paint(k)}` }))
      if (high > size * 1.2 && pitch > size * 1.4) parts.push(svg("text", { x: i * pitch + pitch * 0.43, y: y + high / 2 + size * 0.35, "text-anchor": "middle", style: "fill:white" }, k))
    })
    if (pitch > size * 1.8 || i % 2 === 0) parts.push(svg("text", { x: i * pitch + pitch * 0.43, y: top + tall + size * 1.3, "text-anchor": "middle" }, i + 1))
    if (all < batch) parts.push(svg("rect", { x: i * pitch, y: top, width: pitch * 0.86, height: tall, fill: "none", style: "stroke:var(--soft)", "stroke-dasharray": "3 3" }))
  })
  draw(width, height, size, ...parts)
  place.firstChild.setAttribute("role", "img")
  place.firstChild.setAttribute("aria-label", `Classes in the first batches: ${columns.slice(0, 4).map(counts => counts.join(" ")).join("; ")}`)
}

const paint = k => `hsl(${(k * 36 + 210) % 360} 55% ${k % 2 ? 38 : 46}%)`
