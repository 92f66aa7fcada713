// The size and place of a drawing in its stage. Scrolling, by wheel, finger or scroll bar, is the browser's
// own; zooming and dragging with a mouse are ours.
const LEGIBLE = 0.8 // below this scale the text of a node cannot be read
const COMFORTABLE = 1 // the scale of a part of a graph that is too large to be shown whole
const LARGEST = 1.5 // a small graph is not blown up beyond this
const MARGIN = 24 // px around a fitted graph, both sides together
const PROJECTED = 1.4 // times larger where a room has to read it
const DRAG = 4 // px that a mouse moves before a click becomes a drag

// The first view: all of it where that can be read, otherwise its beginning at a legible size.
export function start(it) {
  const { across, along } = room(it)
  const [legible, comfortable, largest] = [LEGIBLE, COMFORTABLE, LARGEST].map(scale => scale * (it.large ? PROJECTED : 1))
  const part = Math.min(Math.max(across, legible), comfortable)
  scaled(it, along >= legible ? Math.min(along, largest) : part)
  const input = it.svg.querySelector("g.node")?.getBoundingClientRect()
  const stage = it.stage.getBoundingClientRect()
  if (input) pan(it, input.x + input.width / 2 - stage.x - stage.width / 2, input.y + input.height / 2 - stage.y - stage.height / 2)
}

export function fit(it) {
  if (it.svg) scaled(it, Math.min(room(it).along, LARGEST))
}

// The scales at which the drawing fills the stage: the tighter direction (along) and the other one (across).
function room(it) {
  const scales = [(it.stage.offsetWidth - MARGIN) / it.box.width, (it.stage.offsetHeight - MARGIN) / it.box.height]
  return { along: Math.min(...scales), across: Math.max(...scales) }
}

export function scaled(it, scale) {
  it.scale = scale
  it.svg.style.width = `${it.box.width * scale}px`
  it.svg.style.height = `${it.box.height * scale}px`
}

// The point of the drawing under `point` stays there; without one, what is in the middle does.
export function zoom(it, factor, point) {
  if (!it.svg) return
  const stage = it.stage.getBoundingClientRect()
  const { x, y } = point ?? { x: stage.x + stage.width / 2, y: stage.y + stage.height / 2 }
  const before = it.svg.getBoundingClientRect()
  scaled(it, Math.min(Math.max(it.scale * factor, 0.05), 8))
  const after = it.svg.getBoundingClientRect()
  const ratio = after.width / before.width
  pan(it, after.x + (x - before.x) * ratio - x, after.y + (y - before.y) * ratio - y)
}

function pan(it, dx, dy) {
  it.stage.scrollBy({ left: dx, top: dy, behavior: "instant" })
}

// `press` gets what was clicked, unless the mouse dragged the drawing meanwhile.
export function listen(it, press) {
  const { stage } = it
  let from = null
  stage.addEventListener("wheel", event => {
    if (!event.ctrlKey && !event.metaKey) return
    event.preventDefault()
    zoom(it, event.deltaY > 0 ? 1 / 1.15 : 1.15, event)
  }, { passive: false })
  stage.addEventListener("pointerdown", event => {
    const onScrollbar = event.target === stage && (event.offsetX > stage.clientWidth || event.offsetY > stage.clientHeight)
    from = event.button === 0 && !onScrollbar ? { x: event.clientX, y: event.clientY, dragged: false } : null
  })
  stage.addEventListener("pointermove", event => {
    if (!from || !(event.buttons & 1) || event.pointerType === "touch") return
    if (!from.dragged && Math.hypot(event.clientX - from.x, event.clientY - from.y) < DRAG) return
    if (!from.dragged) stage.setPointerCapture(event.pointerId)
    from.dragged = true
    pan(it, -event.movementX, -event.movementY)
  })
  stage.addEventListener("click", event => {
    if (!from?.dragged) press(event.target)
  })
  const keys = { "+": () => zoom(it, 1.3), "=": () => zoom(it, 1.3), "-": () => zoom(it, 1 / 1.3), 0: () => fit(it) }
  stage.addEventListener("keydown", event => {
    if (!keys[event.key] || event.ctrlKey || event.metaKey || event.altKey) return
    event.preventDefault()
    event.stopPropagation()
    keys[event.key]()
  })
}
