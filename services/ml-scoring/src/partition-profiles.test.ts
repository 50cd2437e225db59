import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { createPartitionProfiles, forgetUnused, takeChanges, type PartitionProfiles } from './partition-profiles.ts'

function holding(keys: readonly string[], changed: readonly string[]): PartitionProfiles {
  const memory = createPartitionProfiles('test')
  for (const key of keys) memory.profiles.set(key, { tenantId: 'acme', subject: key, profile: undefined })
  for (const key of changed) memory.changedProfiles.add(key)
  return memory
}

test('the longest unused go first, until the limit holds', () => {
  const memory = holding(['a', 'b', 'c', 'd'], [])
  forgetUnused(memory, 2)
  expect([...memory.profiles.keys()]).toEqual(['c', 'd'])
})

test('within the limit nothing is forgotten', () => {
  const memory = holding(['a', 'b'], [])
  forgetUnused(memory, 2)
  expect(memory.profiles.size).toBe(2)
})

test('a profile that changed since the last snapshot is never forgotten, and no more go than must', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.string(), { maxLength: 40 }), fc.func(fc.boolean()), fc.nat(40), (keys, isChanged, limit) => {
      const changed = keys.filter(isChanged)
      const memory = holding(keys, changed)
      forgetUnused(memory, limit)
      const left = [...memory.profiles.keys()]
      for (const key of changed) expect(left).toContain(key)
      expect(left.length).toBe(Math.max(changed.length, Math.min(keys.length, limit)))
      expect(left).toEqual(keys.filter((key) => left.includes(key)))
    }),
  )
})

test('a profile that is being written is not forgotten before it is written, nor after that failed', () => {
  const memory = holding(['a', 'b', 'c'], ['a'])
  const taken = takeChanges(memory)
  expect(taken.profiles.map(({ subject }) => subject)).toEqual(['a'])
  forgetUnused(memory, 1)
  expect([...memory.profiles.keys()]).toEqual(['a'])
  taken.failed()
  forgetUnused(memory, 0)
  expect([...memory.profiles.keys()]).toEqual(['a'])
  takeChanges(memory).written()
  forgetUnused(memory, 0)
  expect(memory.profiles.size).toBe(0)
})

test('what changed again while it was written is still to be written', () => {
  const memory = holding(['a'], ['a'])
  const taken = takeChanges(memory)
  memory.changedProfiles.add('a')
  taken.written()
  forgetUnused(memory, 0)
  expect(takeChanges(memory).profiles.map(({ subject }) => subject)).toEqual(['a'])
})
