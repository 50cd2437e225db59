import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { groupsMax, noGroups, seriesCounts, seriesPerTenantMax } from './series-counts.ts'

test('an event counts to all viewers and to those of its country and plan', () => {
  const { counts, known } = seriesCounts({ type: 'com.ott.playback.started.v1', data: { country: 'DE', plan: 'family' } })
  expect(counts.map(({ key }) => key)).toEqual(['events:all', 'events:country:de', 'events:plan:family'])
  expect(known).toEqual({ country: ['de'], plan: ['family'] })
})

test('a group is the same in whatever letter case, and with hyphens for spaces', () => {
  const first = seriesCounts({ type: 'com.ott.playback.started.v1', data: { plan: 'Premium Plus' } })
  expect(seriesCounts({ type: 'com.ott.playback.started.v1', data: { plan: 'premium-plus' } }, first.known)).toEqual({ counts: first.counts, known: first.known })
  expect(first.counts.at(-1)?.key).toBe('events:plan:premium-plus')
})

test('a sign-in failure counts as often as it says, and once as an event', () => {
  const { counts } = seriesCounts({ type: 'com.ott.signin.failed.v1', data: { attempts: 7 } })
  expect(counts).toEqual([
    { key: 'events:all', count: 1 },
    { key: 'sign-in-failures:all', count: 7 },
  ])
})

test.each(['com.ott.deadline.passed.v1', 'com.ott.model.drifted.v1', 'com.ott.series.anomalous.v1'])('%s, said by the platform itself, counts to nothing', (type) => {
  expect(seriesCounts({ type, data: { country: 'DE' } })).toEqual({ counts: [], known: noGroups })
})

test('an export of personal data is an access', () => {
  const { counts } = seriesCounts({ type: 'com.ott.personal-data.exported.v1', data: {} })
  expect(counts.map(({ key }) => key)).toEqual(['events:all', 'accesses:all'])
})

test('whatever producers send, a tenant has no more series than it may have', () => {
  const events = fc.array(
    fc.record({
      type: fc.constantFrom('com.ott.signin.failed.v1', 'com.ott.personal-data.accessed.v1', 'com.ott.playback.started.v1'),
      data: fc.record({ country: fc.oneof(fc.string(), fc.stringMatching(/^[A-Z]{2}$/)), plan: fc.anything(), attempts: fc.anything() }),
    }),
    { maxLength: 200, minLength: 100 },
  )
  fc.assert(
    fc.property(events, (all) => {
      const keys = new Set<string>()
      let known = noGroups
      for (const event of all) {
        const counted = seriesCounts(event, known)
        known = counted.known
        for (const { key, count } of counted.counts) {
          keys.add(key)
          expect(key.length).toBeLessThan(64)
          expect(Number.isInteger(count) && count >= 1).toBe(true)
        }
      }
      expect(keys.size).toBeLessThanOrEqual(seriesPerTenantMax)
      expect(known.country.length).toBeLessThanOrEqual(groupsMax)
    }),
    { numRuns: 30 },
  )
})

test('a group that came when there was no room counts as other, always', () => {
  const full = { country: Array.from({ length: groupsMax }, (_, index) => `g${index}`), plan: [] }
  const { counts, known } = seriesCounts({ type: 'com.ott.playback.started.v1', data: { country: 'FR' } }, full)
  expect(counts.map(({ key }) => key)).toEqual(['events:all', 'events:country:other'])
  expect(known).toBe(full)
})
