// Streamlit draws what opens from a button at the end of the page, where the next Tab does not lead. A menu that
// is opened by key takes the focus; Escape gives it back, which Streamlit sees to.
const FIRST = "button, input, textarea, select, a[href], [tabindex='0']"
let byKey = false

addEventListener("keydown", event => { byKey = event.key === "Enter" || event.key === " " }, true)
addEventListener("pointerdown", () => { byKey = false }, true)

// What is in it may be sent only now.
function enter(menu, tries) {
  const roots = [menu, ...[...menu.querySelectorAll("*")].map(part => part.shadowRoot).filter(Boolean)]
  const first = roots.map(root => root.querySelector(FIRST)).find(Boolean)
  if (first) first.focus()
  if (!menu.contains(document.activeElement) && tries && menu.isConnected) setTimeout(enter, 60, menu, tries - 1)
}

new MutationObserver(changes => {
  if (!byKey) return
  for (const { addedNodes } of changes) {
    for (const node of addedNodes) {
      const menu = node.matches?.("[data-testid='stPopoverBody']") ? node : node.querySelector?.("[data-testid='stPopoverBody']")
      if (!menu) continue
      byKey = false
      enter(menu, 20)
    }
  }
}).observe(document.body, { childList: true, subtree: true })
