// The arithmetic of a moving window. `cnnviz/windows/arithmetic.py` says the same in Python, and tests hold both
// against torch.

// The numbers of a scene, and what comes out of them.
export function worldOf({ kind, shape, input, weights }) {
  const apart = ["max", "average", "depthwise"].includes(kind)
  const pool = kind === "max" || kind === "average"
  const { n, f, C, channels } = shape
  const xs = filled(reader(input, 10, 0), C, n)
  const weight = reader(weights, 5, -2)
  const kernels = new Map() // of a filter: all its weights, worked out when it is looked at
  const ws = k => {
    if (!kernels.has(k)) kernels.set(k, filled((c, a, b) => weight(k * channels + c, a, b), channels, f))
    return kernels.get(k)
  }
  const x = (c, i, j) => xs[(c * n + i) * n + j]
  const w = (k, c, a, b) => (pool ? 1 : ws(k)[((kind === "depthwise" ? 0 : c) * f + a) * f + b])
  return { kind, shape, x, w, xs, ws, apart, pool, turned: kind === "transposed", outputs: new Map(), sums: null }
}

function filled(value, planes, side) {
  const all = new Float64Array(planes * side * side)
  for (let c = 0, at = 0; c < planes; c++) for (let i = 0; i < side; i++) for (let j = 0; j < side; j++) all[at++] = value(c, i, j)
  return all
}

// A number by plane, row and column: the single cells first, then what stands there by name, typed or random.
function reader({ seed, planes, edits, each }, below, lowest) {
  const single = new Map(edits.map(([c, i, j, value]) => [c * 1024 + i * 32 + j, value]))
  return (c, i, j) => {
    const own = single.get(c * 1024 + i * 32 + j)
    if (own !== undefined) return own
    if (seed !== null) return (hashed(seed, c, i, j) % below) + lowest
    const plane = planes[Math.floor(c / each) % planes.length]
    return plane[i]?.[j] ?? 0
  }
}

// A random whole number below 2**32 that depends on the seed and the place alone: MurmurHash3's finalizer.
function hashed(seed, ...places) {
  let h = seed
  for (const place of places) h = mixed(((h + 0x9e3779b9) ^ place) >>> 0)
  return h
}

function mixed(h) {
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}

// Row and column of a step: of the output, or of the input where that is gone through.
export function placeOf({ shape, turned }, step) {
  const side = turned ? shape.n : shape.out
  return [Math.floor(step / side), step % side]
}

// What one channel gives at a step: each number under the window with its weight, and what they make.
export function terms(world, step, k, c) {
  const { kind, shape, turned } = world
  const [i, j] = placeOf(world, step)
  const found = []
  for (let a = 0; a < shape.f; a++) {
    for (let b = 0; b < shape.f; b++) {
      const row = turned ? i : i * shape.s + a * shape.d - shape.before
      const column = turned ? j : j * shape.s + b * shape.d - shape.before
      const inside = row >= 0 && column >= 0 && row < shape.n && column < shape.n
      const value = inside ? world.x(c, row, column) : kind === "max" ? -Infinity : 0
      const weight = world.w(world.apart ? c : k, c, a, b)
      found.push({ a, b, row, column, inside, value, weight, product: value * weight })
    }
  }
  return found
}

export function made(world, found) {
  if (world.kind === "max") return Math.max(...found.map(term => term.product))
  const sum = found.reduce((total, term) => total + term.product, 0)
  return world.kind === "average" ? sum / found.length : sum
}

// What one channel adds to a number that comes out: the sum of its products, without a record of each.
export function channelSum(world, step, k, c) {
  const { shape, xs } = world
  const { n, f, s, d } = shape
  const [i, j] = placeOf(world, step)
  const [top, left] = [i * s - shape.before, j * s - shape.before]
  const kernel = world.ws(k)
  let [sum, at] = [0, (world.apart ? 0 : c) * f * f]
  for (let a = 0; a < f; a++) {
    const row = top + a * d
    for (let b = 0; b < f; b++, at++) {
      const column = left + b * d
      if (row >= 0 && column >= 0 && row < n && column < n) sum += xs[(c * n + row) * n + column] * kernel[at]
    }
  }
  return sum
}

// One number that comes out: of filter k, or of channel k where each has an output of its own.
export function resultAt(world, step, k) {
  if (world.pool) return made(world, terms(world, step, k, k))
  if (world.apart) return channelSum(world, step, k, k)
  let sum = 0
  for (let c = 0; c < world.shape.C; c++) sum += channelSum(world, step, k, c)
  return sum
}

// Everything that comes out of filter (or channel) k, row by row.
export function outputOf(world, k) {
  if (!world.outputs.has(k)) {
    const { shape } = world
    const all = world.turned
      ? stampedUpTo(world, shape.steps - 1, k)
      : Array.from({ length: shape.out ** 2 }, (_, step) => resultAt(world, step, k))
    world.outputs.set(k, all)
  }
  return world.outputs.get(k)
}

// What has been added up so far where every number of the input adds its multiple of the kernel.
export function stampedUpTo(world, step, k) {
  let { sums } = world
  if (!sums || sums.k !== k || sums.step > step) sums = { k, step: -1, all: new Array(world.shape.out ** 2).fill(0) }
  const { shape, xs } = world
  const { n, f, C } = shape
  const kernel = world.ws(k)
  for (let now = sums.step + 1; now <= step; now++) {
    const [i, j] = placeOf(world, now)
    for (let a = 0; a < f; a++) {
      for (let b = 0; b < f; b++) {
        const at = stampedAt(world, now, a, b)
        if (at < 0) continue
        for (let c = 0; c < C; c++) sums.all[at] += xs[(c * n + i) * n + j] * kernel[(c * f + a) * f + b]
      }
    }
  }
  world.sums = { ...sums, step }
  return [...sums.all]
}

// Where the product of weight (a, b) is added to, as an index of the output; -1 where the padding cuts it off.
export function stampedAt(world, step, a, b) {
  const { shape } = world
  const [i, j] = placeOf(world, step)
  const row = i * shape.s + a * shape.d - shape.before
  const column = j * shape.s + b * shape.d - shape.before
  return row < 0 || column < 0 || row >= shape.out || column >= shape.out ? -1 : row * shape.out + column
}

// `3`, `−0.5`, `0.33`, and `0.0022` with two digits that count: what is small is not 0.
export function shown(value, digits = Math.max(2, Math.min(6, 1 - Math.floor(Math.log10(Math.abs(value)))))) {
  if (value === -Infinity) return "−∞"
  const text = String(Number(value.toFixed(digits)))
  return text === "-0" ? "0" : text.replace("-", "−")
}
