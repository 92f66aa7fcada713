// Rows that are dragged by their grip, with a mouse or a finger.
export function draggable(list, onMoved) {
  list.addEventListener("pointerdown", event => {
    const grip = event.target.closest(".grip")
    if (!grip || event.button) return
    const item = grip.closest("li")
    const from = Number(item.dataset.index)
    grip.setPointerCapture(event.pointerId)
    item.classList.add("dragged")
    grip.onpointermove = move => {
      const others = [...list.children].filter(other => other !== item)
      const below = others.find(other => {
        const box = other.getBoundingClientRect()
        return move.clientY < box.top + box.height / 2
      })
      if (item.nextElementSibling !== (below ?? null)) list.insertBefore(item, below ?? null)
    }
    grip.onpointerup = grip.onpointercancel = () => {
      grip.onpointermove = grip.onpointerup = grip.onpointercancel = null
      item.classList.remove("dragged")
      onMoved(from, [...list.children].indexOf(item))
    }
  })
}
