// What one component of the page draws: `part` says which.
import { drawAnswers, forgetAnswers } from "./answers.js"
import { drawControls } from "./controls.js"
import { drawEditor, forgetEditor } from "./editor.js"
import { drawCurves, forgetCurves } from "./curves.js"
import { drawField } from "./field.js"
import { drawGraph, forgetGraph } from "./graph.js"
import { drawInside, forgetInside } from "./inside.js"
import "./menus.js"
import { dropped, unpacked } from "./packing.js"
import { drawPictures } from "./pictures.js"
import { drawSheet, forgetSheet } from "./sheet.js"
import { drawStepper, forgetStepper } from "./stepper.js"
import { drawTable, forgetTable } from "./table.js"
import { drawWaiting, forgetWaiting } from "./waiting.js"

const ideas = () => import("./ideas/ideas.js") // for their page alone

const draws = {
  graph: drawGraph,
  table: drawTable,
  stepper: drawStepper,
  answers: drawAnswers,
  pictures: drawPictures,
  field: drawField,
  sheet: drawSheet,
  controls: drawControls,
  editor: drawEditor,
  curves: drawCurves,
  waiting: drawWaiting,
  idea: component => ideas().then(parts => parts.drawIdea(component)),
  cards: component => ideas().then(parts => parts.drawCards(component)),
  "idea files": component => ideas().then(parts => parts.drawFiles(component)),
  inside: drawInside,
}
const forgets = {
  graph: forgetGraph,
  table: forgetTable,
  stepper: forgetStepper,
  answers: forgetAnswers,
  sheet: forgetSheet,
  editor: forgetEditor,
  curves: forgetCurves,
  waiting: forgetWaiting,
  idea: root => ideas().then(parts => parts.forgetIdea(root)),
  "idea files": root => ideas().then(parts => parts.forgetFiles(root)),
  inside: forgetInside,
}

export const draw = component => unpacked(component, draws[component.data.part])
export function forget(part, parentElement) {
  dropped(parentElement)
  forgets[part]?.(parentElement)
}
