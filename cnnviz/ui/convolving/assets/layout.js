// Where everything stands in the picture, in pixels.
const WIDE = 720 // px; narrower pages have one grid below the other
const HEAD = 30 // above each grid

// How many channels are drawn: more would be too small to read, as three of many are on a low screen.
export const rowsOf = ({ shape }, width, low) => Math.min(shape.C, width < WIDE ? 1 : low && shape.C > 3 ? 2 : 3)

export function layoutOf(world, width, height, { large, flat }) {
  const { shape, apart } = world
  const rows = rowsOf(world, width, flat)
  const wide = width >= WIDE
  const padded = shape.n + (world.turned ? 0 : shape.before + shape.after)
  const shared = !apart && rows > 1 // one output beside all channels
  const gap = wide ? (large ? 64 : 52) : 34
  const between = wide ? 16 : 26 // px of the rows
  const named = wide && shape.C > 1 ? 84 : 0 // px for the name of a channel, before the grids
  const summed = wide && rows > 1 ? 92 : 0 // and for what it adds, behind the products
  const low = (height - HEAD - (rows - 1) * between) / rows
  const caps = large ? [66, 58, 112] : [52, 46, 84] // px of a cell: grids, weights, products
  const kernel = world.pool ? 0 : shape.f
  let input = Math.min(caps[0], low / padded)
  let weight = Math.min(caps[1], low / shape.f, input > 30 ? input : 46)
  let product = Math.min(caps[2], low / shape.f)
  let out = Math.min(caps[0], (shared ? height - HEAD : low) / shape.out)
  if (wide) {
    const room = width - gap * (world.pool ? 2 : 3) - 8 - named - summed
    const need = input * padded + weight * kernel + product * shape.f + out * shape.out
    if (need > room) [input, weight, product, out] = [input, weight, product, out].map(size => (size * room) / need)
  } else {
    input = Math.min(input, (width - 4) / padded)
    out = Math.min(out, (width - 4) / shape.out, caps[0])
    const room = width - (world.pool ? 4 : gap + 4)
    const need = weight * kernel + product * shape.f
    if (need > room) [weight, product] = [weight, product].map(size => (size * room) / need)
  }
  const places = wide ? beside() : below()
  return { ...places, rows, wide, large, cells: { input, weight, product, out }, shared, summed, between, HEAD }

  function beside() {
    const tall = Math.max(input * padded, world.pool ? 0 : weight * shape.f, product * shape.f, shared ? 0 : out * shape.out)
    const whole = Math.max(rows * tall + (rows - 1) * between, shared ? out * shape.out : 0)
    const widths = [input * padded, ...(world.pool ? [] : [weight * shape.f]), product * shape.f, out * shape.out]
    const used = widths.reduce((a, b) => a + b) + gap * (widths.length - 1) + summed
    let x = Math.max(2 + named, (width - used) / 2)
    const lefts = widths.map((size, at) => {
      const left = x
      x += size + gap + (at === widths.length - 2 ? summed : 0)
      return left
    })
    const middle = r => HEAD + r * (tall + between) + tall / 2 + (whole - (rows * tall + (rows - 1) * between)) / 2
    const at = (left, size, r) => ({ x: left, y: middle(r) - size / 2 })
    const [inputX, kernelX, productX, outX] = world.pool ? [lefts[0], 0, lefts[1], lefts[2]] : lefts
    return {
      input: r => at(inputX, input * padded, r),
      kernel: r => at(kernelX, weight * shape.f, r),
      product: r => at(productX, product * shape.f, r),
      out: r => (shared ? { x: outX, y: HEAD + whole / 2 - (out * shape.out) / 2 } : at(outX, out * shape.out, r)),
      signs: world.pool
        ? [["→", inputX + widths[0] + gap / 2], ["=", lefts.at(-1) - gap / 2]]
        : [["∗", inputX + widths[0] + gap / 2], ["→", kernelX + weight * shape.f + gap / 2], ["=", lefts.at(-1) - gap / 2]],
      middle,
      width,
      height: HEAD + whole + (summed ? 8 : Math.max(8, 34 - (whole - product * shape.f) / 2)),
    }
  }

  function below() {
    const second = HEAD + input * padded + 44
    const tall = Math.max(world.pool ? 0 : weight * shape.f, product * shape.f)
    const third = second + tall + 62
    const used = weight * kernel + product * shape.f + (world.pool ? 0 : gap)
    const left = Math.max(2, (width - used) / 2)
    const productX = world.pool ? left : left + weight * kernel + gap
    const center = size => Math.max(2, (width - size) / 2)
    return {
      input: () => ({ x: center(input * padded), y: HEAD }),
      kernel: () => ({ x: left, y: second + (tall - weight * shape.f) / 2 }),
      product: () => ({ x: productX, y: second + (tall - product * shape.f) / 2 }),
      out: () => ({ x: center(out * shape.out), y: third }),
      signs: world.pool ? [] : [["→", left + weight * kernel + gap / 2]],
      middle: () => second + tall / 2,
      width,
      height: third + out * shape.out + 12,
    }
  }
}
