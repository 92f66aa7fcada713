// Elements, made in one line each.
export function element(name, attributes = {}, ...inside) {
  const made = document.createElement(name)
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value)
  made.append(...inside)
  return made
}

export function button(text, label, act) {
  const made = element("button", { type: "button", "aria-label": label, title: label }, text)
  made.onclick = act
  return made
}

// Replaces what stands in a place. Who is there by keyboard stays there: the same part by its number, or, where that
// cannot be pressed any more, the nearest one that can.
export function refill(place, ...parts) {
  const reachable = () => [...place.querySelectorAll("button, select, input, a[href], [tabindex]")]
  const at = reachable().indexOf(place.getRootNode().activeElement)
  place.replaceChildren(...parts)
  if (at < 0) return
  const near = reachable().map((part, i) => [Math.abs(i - at), part]).filter(([, part]) => !part.disabled)
  near.sort(([a], [b]) => a - b)[0]?.[1].focus({ preventScroll: true })
}

// A component's own root with its style sheet; hidden until that has come, so nothing is seen unstyled.
export function mounted(root, sheet, ...inside) {
  const style = element("link", { rel: "stylesheet", href: new URL(sheet, import.meta.url).href })
  const frame = element("div", { class: "frame", hidden: "" }, ...inside)
  style.onload = style.onerror = () => (frame.hidden = false)
  root.append(style, frame)
  return frame
}

// Tells Python, one thing at a time: what several parts say in one moment becomes one message, and only one of
// the fragments that they are drawn in would hear it.
let turn = Promise.resolve()
export function say(emit, name, value) {
  turn = turn.then(() => {
    emit(name, value)
    return new Promise(sent => setTimeout(sent))
  }).catch(console.error)
}
