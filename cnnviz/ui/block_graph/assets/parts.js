// What one component of the page draws: `part` says which.
import { drawAnswers, forgetAnswers } from "./answers.js"
import { drawField } from "./field.js"
import { drawGraph, forgetGraph } from "./graph.js"
import { drawPictures } from "./pictures.js"
import { drawTable, forgetTable } from "./table.js"
import { fallSilent, tell } from "./selection.js"

const draws = {
  graph: drawGraph,
  table: drawTable,
  selection: tell,
  answers: drawAnswers,
  pictures: drawPictures,
  field: drawField,
}
const forgets = { graph: forgetGraph, table: forgetTable, selection: fallSilent, answers: forgetAnswers }

export const draw = component => draws[component.data.part](component)
export const forget = (part, parentElement) => forgets[part]?.(parentElement)
