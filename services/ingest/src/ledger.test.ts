import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { reconcile, type OutcomeCounts } from './ledger.ts'

const refused = { invalid: 1, rateLimited: 2, quotaExceeded: 3 }
const counts: OutcomeCounts = { processed: 5, duplicate: 2, filtered: 1, deadLettered: 1, refused }

test('what has no outcome is in flight while a stage has work left', () => {
  expect(reconcile(12, counts, true)).toMatchObject({ accepted: 12, inFlight: 3, missing: 0 })
})

test('what has no outcome is missing once no stage has work left', () => {
  expect(reconcile(12, counts, false)).toMatchObject({ inFlight: 0, missing: 3 })
})

test('an event that ended twice shows as less than nothing missing, whatever is left to do', () => {
  expect([reconcile(8, counts, true).missing, reconcile(8, counts, false).missing]).toEqual([-1, -1])
})

test('refused events are told and belong to no sum', () => {
  expect(reconcile(9, counts, false)).toMatchObject({ missing: 0, refused })
})

test('the terms always add up to what was accepted, and in flight is never negative', () => {
  const term = fc.nat({ max: 1_000_000 })
  fc.assert(
    fc.property(term, term, term, term, term, fc.boolean(), (accepted, processed, duplicate, filtered, deadLettered, isWorkLeft) => {
      const ledger = reconcile(accepted, { processed, duplicate, filtered, deadLettered, refused }, isWorkLeft)
      expect(ledger.processed + ledger.duplicate + ledger.filtered + ledger.deadLettered + ledger.inFlight + ledger.missing).toBe(accepted)
      expect(ledger.inFlight).toBeGreaterThanOrEqual(0)
      if (!isWorkLeft) expect(ledger.inFlight).toBe(0)
    }),
  )
})
