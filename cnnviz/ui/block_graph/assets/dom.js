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
