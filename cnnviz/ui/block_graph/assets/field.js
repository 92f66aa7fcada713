// The receptive field on a person's own image. The image comes once and stays here, as long as the page does.
import { element, mounted } from "./dom.js"

let kept = null // { digest, address }

export function drawField({ parentElement, data, setTriggerValue }) {
  if (data.address) kept = { digest: data.digest, address: data.address }
  if (kept?.digest !== data.digest) return setTriggerValue("missing", data.digest)
  let image = parentElement.querySelector("img")
  if (!image) {
    image = element("img")
    mounted(parentElement, "pictures.css", element("figure", {}, image, element("figcaption")))
  }
  // As an image of its own: whatever is in it, nothing runs.
  image.src = `data:image/svg+xml,${encodeURIComponent(data.svg.replace("own:", kept.address))}`
  image.alt = data.words
  image.style.width = `${data.width}px`
  image.parentElement.style.maxWidth = `${data.width}px`
  parentElement.querySelector("figcaption").textContent = data.words
}
