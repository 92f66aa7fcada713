// One worker lays out the graphs of this page, one after the other, and is stopped when it takes too long:
// some graphs (every operation of DenseNet-201) would keep any layout busy for minutes.
const KEPT = 24 // layouts kept, so that going back to a network draws at once

const kept = new Map() // DOT -> drawings
let worker = null
let turn = Promise.resolve()

// { LR: { svg, width, height }, TB: … }; `wanted()` says, when its turn comes, whether anyone still waits.
export function layout(dot, seconds, wanted) {
  if (kept.has(dot)) return Promise.resolve(kept.get(dot))
  const result = turn.then(() => (wanted() ? run(dot, seconds) : {}))
  turn = result.catch(() => {})
  return result
}

async function run(dot, seconds) {
  worker ??= started()
  const { thread } = await worker // loading Graphviz over a slow line does not count against the limit
  const drawings = await new Promise((resolve, reject) => {
    const stop = message => {
      thread.terminate()
      worker = null
      reject(new Error(message))
    }
    const late = () => stop(`This graph takes longer than ${seconds} s to lay out. Fold some of its blocks.`)
    const timer = setTimeout(late, 1000 * seconds)
    thread.onmessage = ({ data }) => {
      clearTimeout(timer)
      // After an error Graphviz's memory is in doubt: the next graph gets a fresh one.
      data.error ? stop(`The graph could not be drawn: ${data.error}`) : resolve(data.drawings)
    }
    thread.postMessage(dot)
  })
  kept.set(dot, drawings)
  if (kept.size > KEPT) kept.delete(kept.keys().next().value)
  return drawings
}

function started() {
  return new Promise((resolve, reject) => {
    const thread = new Worker(new URL("worker.js", import.meta.url), { type: "module" })
    thread.onmessage = () => resolve({ thread }) // its first message says that it is ready
    thread.onerror = () => {
      worker = null
      reject(new Error("The graph did not load. Reload the page to try again."))
    }
  })
}
