// Questions to the server, past Streamlit. An answer that has been overtaken by another question is null.
import { say } from "./dom.js"

let own = null // a person's own image: { name, address }; comes once and stays as long as the page does

export const keepOwn = image => { if (image.address) own = image }
export const ownImage = () => own

export async function ask(it, what, query = {}) {
  const turn = (it.asked[what] = (it.asked[what] ?? 0) + 1)
  const net = it.net
  const parameters = new URLSearchParams({ net, image: it.state.image, ...query })
  const answer = await fetch(new URL(`${it.data.address}/${what}?${parameters}`, document.baseURI), { cache: "no-store" })
  const told = await answer.json()
  if (told.missing && !query.again && (await givenBack(it))) return ask(it, what, { ...query, again: 1 })
  if (it.gone || turn !== it.asked[what] || net !== it.net) return null
  if (!answer.ok || told.missing) throw new Error(told.error ?? told.missing)
  return told
}

// The server has forgotten a person's own image, or another process of it answers: it gets the image again.
async function givenBack(it) {
  if (own?.name !== it.state.image) return say(it.emit, "missing", it.state.image)
  it.giving ??= (async () => {
    const bytes = await (await fetch(own.address)).arrayBuffer()
    return (await fetch(new URL(`${it.data.address}/image`, document.baseURI), { method: "POST", body: bytes })).ok
  })()
  return it.giving.finally(() => (it.giving = null)) // several questions may miss it at once
}
