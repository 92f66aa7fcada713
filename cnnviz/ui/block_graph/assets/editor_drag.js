// Rows that are dragged by their grip, with a mouse or a finger. Until they are let go nothing moves in the document:
// an element that is moved there would lose the pointer.
export function draggable(list, onMoved) {
  list.addEventListener("pointerdown", event => {
    const grip = event.target.closest(".grip")
    if (!grip || event.button) return
    const item = grip.closest("li")
    const items = [...list.children]
    const from = items.indexOf(item)
    const boxes = items.map(other => other.getBoundingClientRect())
    let to = from
    grip.setPointerCapture(event.pointerId)
    item.classList.add("dragged")
    grip.onpointermove = move => {
      const by = move.clientY - event.clientY
      const middle = boxes[from].top + boxes[from].height / 2 + by
      to = boxes.filter((box, i) => i !== from && box.top + box.height / 2 < middle).length
      items.forEach((other, i) => {
        const shift = i === from ? by : i > from && i <= to ? -boxes[from].height : i < from && i >= to ? boxes[from].height : 0
        other.style.transform = shift ? `translateY(${shift}px)` : ""
      })
    }
    const end = moved => {
      grip.onpointermove = grip.onpointerup = grip.onpointercancel = null
      item.classList.remove("dragged")
      for (const other of items) other.style.transform = ""
      if (moved) onMoved(from, to)
    }
    grip.onpointerup = () => end(true)
    grip.onpointercancel = () => end(false)
  })
}
