// Where a number stands on an axis, and which numbers are written there.
const STEPS = [1, 2, 2.5, 5, 10]
const POWERS = ["⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"]

export function linear(low, high, from, to, wanted = 6) {
  const step = niceStep((high - low) / wanted)
  const top = Math.ceil(high / step - 1e-9) * step
  const bottom = Math.floor(low / step + 1e-9) * step
  const at = value => from + ((value - bottom) / (top - bottom)) * (to - from)
  const ticks = []
  for (let i = 0; i <= Math.round((top - bottom) / step); i++) ticks.push(Number((bottom + i * step).toPrecision(12)))
  return { at, ticks: ticks.map(value => ({ value, text: short(value) })), low: bottom, high: top }
}

// Whole numbers, the last one at the end of the axis: epochs.
export function upTo(high, from, to, wanted = 8) {
  const step = Math.max(1, Math.ceil(niceStep(high / wanted)))
  const at = value => from + (value / high) * (to - from)
  const ticks = []
  for (let value = 0; value <= high * (1 + 1e-9); value += step) ticks.push({ value, text: short(value) })
  return { at, ticks, low: 0, high }
}

export function logarithmic(low, high, from, to) {
  const bottom = Math.floor(Math.log10(low) + 1e-9)
  const top = Math.max(bottom + 1, Math.ceil(Math.log10(high) - 1e-9))
  const at = value => from + ((Math.log10(Math.max(value, 10 ** bottom)) - bottom) / (top - bottom)) * (to - from)
  const every = Math.ceil((top - bottom) / 8)
  const ticks = []
  for (let i = bottom; i <= top; i += every) ticks.push({ value: 10 ** i, text: power(i, top - bottom > 4) })
  if (top - bottom <= 2) {
    for (let i = bottom; i < top; i++) for (const n of [2, 5]) ticks.push({ value: n * 10 ** i, text: short(n * 10 ** i) })
  }
  return { at, ticks, low: 10 ** bottom, high: 10 ** top }
}

function niceStep(raw) {
  if (!(raw > 0)) return 1
  const size = 10 ** Math.floor(Math.log10(raw))
  return size * STEPS.find(step => step * size >= raw * (1 - 1e-9))
}

function power(exponent, alike) {
  if (!alike && exponent >= -2 && exponent <= 3) return short(10 ** exponent)
  const digits = [...String(Math.abs(exponent))].map(digit => POWERS[digit]).join("")
  return `10${exponent < 0 ? "⁻" : ""}${digits}`
}

// A number as short as it can be read: 12,300, 4.1, 0.05, 3.2e-7, 1.6 M.
export function short(value) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–"
  const size = Math.abs(value)
  if (size >= 1e9) return `${Number((value / 1e9).toPrecision(3))} G`
  if (size >= 1e6) return `${Number((value / 1e6).toPrecision(3))} M`
  if (size && size < 1e-3) return value.toExponential(1)
  if (size >= 1000) return Math.round(value).toLocaleString("en")
  return String(Number(value.toPrecision(3)))
}

// A mean and its spread: two digits of the spread, the mean to the same place; percentages to a tenth at most.
export function pair(mean, spread, percent) {
  const digits = spread > 0 ? Math.max(0, 1 - Math.floor(Math.log10(Number(spread.toPrecision(2))))) : 3
  const needed = mean ? Math.max(3, 1 - Math.floor(Math.log10(Math.abs(mean)))) : 3 // two digits of a small mean
  const places = Math.min(digits, percent ? 1 : needed)
  return Math.abs(mean) >= 1e5 ? `${short(mean)} ± ${short(spread)}` : `${mean.toFixed(places)} ± ${spread.toFixed(places)}`
}

export function duration(seconds) {
  if (seconds < 1) return "less than a second"
  if (seconds < 90) return `${Math.round(seconds)} s`
  return seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`
}
