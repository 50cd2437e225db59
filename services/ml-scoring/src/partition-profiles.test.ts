import { expect, test } from '@jest/globals'
import { observationOf } from '@ott/anomaly/observation'
import { observe, type RiskProfile } from '@ott/anomaly/risk-profile'
import fc from 'fast-check'
import { beginBatch, changeProfile, createPartitionProfiles, profileInWork, takeChanges, takeUp, type PartitionProfiles, type Viewer } from './partition-profiles.ts'
import { createSubjectBudget } from './subject-budget.ts'

const nothing = observationOf({ type: 'none', data: {} }, 0)
const viewer = (subject: string): Viewer => ({ tenantId: 'acme', subject })

/** A profile that is told from others by its clock. */
const profileAt = (atMs: number): RiskProfile => observe(undefined, nothing, atMs)

function change(memory: PartitionProfiles, ...subjects: string[]): void {
  for (const subject of subjects) changeProfile(memory, { ...viewer(subject), profile: profileAt(1) })
}

function memoryOf({ idle = [], changed = [], partition = 0 }: { idle?: readonly string[]; changed?: readonly string[]; partition?: number }): PartitionProfiles {
  const memory = createPartitionProfiles({ topic: 'test', partition, owner: `owner-${partition}` })
  for (const subject of idle) {
    change(memory, subject)
    takeChanges(memory).written()
  }
  change(memory, ...changed)
  return memory
}

const idleIn = ({ idle }: PartitionProfiles) => [...idle.keys()].map((key) => key.slice('acme:'.length))
const isHeld = (memory: PartitionProfiles, subject: string) => beginBatch(memory, [viewer(subject)]).length === 0

function budgetOf(subjectsMax: number, ...memories: PartitionProfiles[]) {
  const budget = createSubjectBudget(subjectsMax)
  for (const memory of memories) budget.add(memory)
  return budget
}

test('the longest unused go first, until the limit holds', () => {
  const memory = memoryOf({ idle: ['a', 'b', 'c', 'd'] })
  change(memory, 'a')
  takeChanges(memory).written()
  expect(budgetOf(2, memory).forgetIdle()).toBe(2)
  expect(idleIn(memory)).toEqual(['d', 'a'])
})

test('within the limit nothing is forgotten', () => {
  const memory = memoryOf({ idle: ['a'], changed: ['b'] })
  expect(budgetOf(2, memory).forgetIdle()).toBe(0)
  expect(idleIn(memory)).toEqual(['a'])
})

test('the limit is of all partitions together, and the one that holds most gives first', () => {
  const [full, fresh] = [memoryOf({ idle: ['a', 'b', 'c', 'd'] }), memoryOf({ idle: ['x', 'y'], partition: 1 })]
  const budget = budgetOf(4, full, fresh)
  expect(budget.forgetIdle()).toBe(2)
  expect([idleIn(full), idleIn(fresh)]).toEqual([['c', 'd'], ['x', 'y']])
  expect(budget.held()).toEqual({ changed: 0, idle: 4 })
})

test('a partition that was given away takes no room', () => {
  const [gone, left] = [memoryOf({ idle: ['a', 'b'] }), memoryOf({ idle: ['x', 'y'], partition: 1 })]
  const budget = budgetOf(2, gone, left)
  budget.remove(gone)
  expect([budget.forgetIdle(), idleIn(left)]).toEqual([0, ['x', 'y']])
})

test('what changed since the last snapshot is never forgotten, and no more goes than must', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.string(), { maxLength: 40 }), fc.func(fc.boolean()), fc.nat(40), (subjects, isChanged, limit) => {
      const changed = subjects.filter((subject) => isChanged(subject))
      const idle = subjects.filter((subject) => !isChanged(subject))
      const memory = memoryOf({ idle, changed })
      budgetOf(limit, memory).forgetIdle()
      for (const subject of changed) expect(isHeld(memory, subject)).toBe(true)
      expect(idleIn(memory)).toEqual(idle.slice(Math.min(idle.length, Math.max(0, subjects.length - limit))))
    }),
  )
})

test('what is being written is not forgotten before it is written, nor after that failed', () => {
  const memory = memoryOf({ changed: ['a'] })
  const budget = budgetOf(1, memory)
  change(memory, 'b')
  const taken = takeChanges(memory)
  expect(taken.profiles.map(({ subject }) => subject)).toEqual(['a', 'b'])
  expect([budget.forgetIdle(), isHeld(memory, 'a'), isHeld(memory, 'b')]).toEqual([0, true, true])
  taken.failed()
  expect([budget.forgetIdle(), isHeld(memory, 'a'), isHeld(memory, 'b')]).toEqual([0, true, true])
  takeChanges(memory).written()
  expect([budget.forgetIdle(), isHeld(memory, 'a'), isHeld(memory, 'b')]).toEqual([1, false, true])
})

test('what changed again while it was written is still to be written, as it is now', () => {
  const memory = memoryOf({ changed: ['a'] })
  for (const end of ['written', 'failed'] as const) {
    const taken = takeChanges(memory)
    const later = profileAt(2)
    changeProfile(memory, { ...viewer('a'), profile: later })
    taken[end]()
    expect(budgetOf(0, memory).forgetIdle()).toBe(0)
    expect(memory.changed.get('acme:a')?.profile).toBe(later)
  }
})

test('a viewer of the batch in work is known although it was put away or forgotten since the batch began', () => {
  const memory = memoryOf({ idle: ['a'], changed: ['b'] })
  const taken = takeChanges(memory)
  expect(beginBatch(memory, [viewer('a'), viewer('b'), viewer('new'), viewer('new')])).toEqual([viewer('new')])
  taken.written()
  budgetOf(0, memory).forgetIdle()
  takeUp(memory, [{ ...viewer('new'), profile: undefined }])
  expect(['a', 'b', 'new'].map((subject) => profileInWork(memory, viewer(subject))?.clockMs)).toEqual([1, 1, undefined])
  expect(beginBatch(memory, [viewer('a'), viewer('b')])).toEqual([viewer('a'), viewer('b')])
})

test('over any course of use the longest unused go first, and never more than must', () => {
  const subjects = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']
  fc.assert(
    fc.property(fc.nat(6), fc.array(fc.oneof(fc.constantFrom(...subjects), fc.constant('forget')), { maxLength: 120 }), (limit, steps) => {
      const memory = memoryOf({})
      const budget = budgetOf(limit, memory)
      let expected: string[] = []
      for (const step of steps) {
        if (step === 'forget') {
          budget.forgetIdle()
          expected = expected.slice(Math.max(0, expected.length - limit))
        } else {
          change(memory, step)
          takeChanges(memory).written()
          expected = [...expected.filter((subject) => subject !== step), step]
        }
        expect(idleIn(memory)).toEqual(expected)
      }
    }),
  )
})
