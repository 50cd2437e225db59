import { expect, test } from '@jest/globals'
import { conformanceCases } from './cases.ts'
import { createMemorySubject } from './memory-subject.ts'
import { inOrder, runCase } from './run-case.ts'

test.each(conformanceCases.map((one) => [one.name, one] as const))('%s', async (_, one) => {
  expect(await runCase(one, createMemorySubject())).toEqual(inOrder(one.expected))
})

test('each case has a name of its own and says where it stands', () => {
  expect(new Set(conformanceCases.map(({ name }) => name)).size).toBe(conformanceCases.length)
  expect(conformanceCases.filter(({ cites }) => !/\.(md|go)|API v2/.test(cites))).toEqual([])
  expect(conformanceCases.length).toBeGreaterThanOrEqual(60)
})

test('what differs from Alertmanager says what it tells instead', () => {
  for (const { differs, expected } of conformanceCases) if (differs !== undefined) expect(differs.there).not.toEqual(expected)
})
