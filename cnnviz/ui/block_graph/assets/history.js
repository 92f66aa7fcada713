// The Back button: what a person does is one entry of the history at most. Streamlit makes one for each part of
// the address that it changes, also where it mends what a link said, and the way back would be walked in
// halves of steps. Loaded by the page itself, before Streamlit.
const make = history.pushState.bind(history)
const mend = history.replaceState.bind(history)
let acted = false // a person has done something that no entry stands for yet

for (const kind of ["pointerdown", "click", "keydown", "change", "drop"])
  addEventListener(kind, () => (acted = true), true)
addEventListener("popstate", () => (acted = false), true)

history.pushState = (...given) => {
  const first = acted
  acted = false
  return first ? make(...given) : mend(...given)
}

// A choice whose place in the address Streamlit keeps up by itself is no entry, and nor is what follows from it.
history.replaceState = (state, title, address) => {
  if (address && new URL(address, document.baseURI).href !== location.href) acted = false
  return mend(state, title, address)
}
