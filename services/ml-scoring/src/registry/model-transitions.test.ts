import { describe, expect, test } from '@jest/globals'
import { challengersMax } from '@ott/contracts/model-configured'
import fc from 'fast-check'
import { championsBefore, refusalOf } from './model-transitions.ts'

describe('an action', () => {
  test.each([
    ['challenge', 'candidate', true],
    ['challenge', 'challenger', false],
    ['challenge', 'champion', false],
    ['challenge', 'retired', true],
    ['promote', 'candidate', true],
    ['promote', 'challenger', true],
    ['promote', 'champion', false],
    ['promote', 'retired', true],
    ['retire', 'candidate', true],
    ['retire', 'challenger', true],
    ['retire', 'champion', false],
    ['retire', 'retired', false],
  ] as const)('%s of what is %s: %s', (action, status, isAllowed) => {
    expect(refusalOf(action, status, 0) === undefined).toBe(isAllowed)
  })

  test('that would make one challenger too many is refused', () => {
    expect(refusalOf('challenge', 'candidate', challengersMax - 1)).toBeUndefined()
    expect(refusalOf('challenge', 'candidate', challengersMax)).toContain('retire one')
  })
})

describe('the champions before', () => {
  const promote = (version: number) => ({ action: 'promote' as const, version })
  const rollback = (version: number) => ({ action: 'rollback' as const, version })

  test('rolling back twice goes back two steps, and never to what was taken out', () => {
    expect(championsBefore([promote(1), promote(2), promote(3)])).toEqual([1, 2])
    expect(championsBefore([promote(1), promote(2), promote(3), rollback(2)])).toEqual([1])
    expect(championsBefore([promote(1), promote(2), promote(3), rollback(2), rollback(1)])).toEqual([])
    expect(championsBefore([promote(1), promote(2), rollback(1), promote(3)])).toEqual([1])
  })

  test('whatever was promoted and rolled back, going back as often as there are champions undoes all promotions', () => {
    fc.assert(
      fc.property(fc.array(fc.option(fc.integer({ min: 1, max: 9 })), { maxLength: 40 }), (steps) => {
        const told: { action: 'promote' | 'rollback'; version: number }[] = []
        // The same by undoing, as an editor does it.
        const states: number[] = []
        for (const step of steps) {
          if (step !== null && step !== states.at(-1)) {
            told.push(promote(step))
            states.push(step)
          } else if (states.length > 1) {
            expect(championsBefore(told).at(-1)).toBe(states.at(-2))
            states.pop()
            told.push(rollback(states.at(-1) ?? 0))
          }
        }
        expect(championsBefore(told)).toEqual(states.slice(0, -1))
      }),
    )
  })
})
