// Data that came as one short text, as they were (`packing.py`).
const newest = new WeakMap() // by root: the component that is to be drawn there

// Calls `draw` with the component's data inflated, unless newer ones have come meanwhile.
export function unpacked(component, draw) {
  const { data, parentElement } = component
  newest.set(parentElement, component)
  if (!data.packed) return draw(component)
  return inflated(data.packed).then(found => {
    if (newest.get(parentElement) === component) return draw({ ...component, data: { ...data, ...found } })
  })
}

export const dropped = root => newest.delete(root)

function inflated(text) {
  const bytes = Uint8Array.from(atob(text), sign => sign.charCodeAt(0))
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"))).json()
}
