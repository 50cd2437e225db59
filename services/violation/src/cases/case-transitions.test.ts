import { expect, test } from '@jest/globals'
import { violationStatuses } from '@ott/contracts/violation-changed'
import { caseActions, transitionOf } from './case-transitions.ts'

test('a case moves from any state to any later one, and out of a closed one only by reopening', () => {
  const table = violationStatuses.map((from) => [from, ...caseActions.map((action) => transitionOf(from, action).kind)])
  expect(table).toEqual([
    // from, acknowledge, review, resolve, false-positive, reopen
    ['open', 'moved', 'moved', 'moved', 'moved', 'unchanged'],
    ['acknowledged', 'unchanged', 'moved', 'moved', 'moved', 'refused'],
    ['in_review', 'refused', 'unchanged', 'moved', 'moved', 'refused'],
    ['resolved', 'refused', 'refused', 'unchanged', 'refused', 'moved'],
    ['false_positive', 'refused', 'refused', 'refused', 'unchanged', 'moved'],
  ])
})

test('a refusal names the state the case is in', () => {
  expect(transitionOf('resolved', 'acknowledge')).toEqual({ kind: 'refused', status: 'resolved', detail: "it is resolved and can't become acknowledged" })
})
