import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { createPartitionProfiles, takeChanges } from '../partition-profiles.ts'
import { countEvent, hourMs, noCounts, type CountedHour } from './hourly-counts.ts'

const startMs = Date.UTC(2026, 2, 1)
const received = new Date(startMs + 3 * hourMs).toISOString()
const eventAt = (atMs: number, type = 'com.ott.playback.started.v1') => ({ type, time: new Date(atMs).toISOString(), data: { country: 'DE' } })

test('written counts sum to the events, whichever snapshots fail and however events and snapshots alternate', () => {
  const steps = fc.array(fc.oneof(fc.record({ hour: fc.nat(3) }), fc.constantFrom('written' as const, 'failed' as const)), { maxLength: 60 })
  fc.assert(
    fc.property(steps, (all) => {
      const memory = createPartitionProfiles({ topic: 't', partition: 0, owner: 'o' })
      const written = new Map<number, number>()
      const write = (counts: readonly CountedHour[]) => {
        for (const { series, hour, count } of counts) if (series === 'events/all') written.set(hour, (written.get(hour) ?? 0) + count)
      }
      const wanted = new Map<number, number>()
      for (const step of [...all, 'written' as const]) {
        if (typeof step === 'object') {
          const atMs = startMs + step.hour * hourMs
          countEvent(memory.hourly, 'acme', eventAt(atMs), received)
          wanted.set(atMs / hourMs, (wanted.get(atMs / hourMs) ?? 0) + 1)
          continue
        }
        const taken = takeChanges(memory)
        if (step === 'written') write(taken.counts)
        taken[step]()
      }
      expect([...written].sort()).toEqual([...wanted].sort())
    }),
  )
})

test('what comes a week late or from over an hour in the future counts to nothing, nor do the platform\'s own events', () => {
  const counted = (atMs: number, type?: string) => {
    const held = noCounts()
    countEvent(held, 'acme', eventAt(atMs, type), new Date(startMs).toISOString())
    return held.counts.size > 0
  }
  expect([startMs - 168 * hourMs, startMs - 168 * hourMs - 1, startMs + hourMs, startMs + hourMs + 1].map((atMs) => counted(atMs))).toEqual([true, false, true, false])
  expect(['com.ott.deadline.passed.v1', 'com.ott.model.drifted.v1', 'com.ott.series.anomalous.v1'].map((type) => counted(startMs, type))).toEqual([false, false, false])
})
