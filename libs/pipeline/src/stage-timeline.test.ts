import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { appendToTimeline, decodeTimeline, encodeTimeline, receiptMsOf } from './stage-timeline.ts'

const time = fc.record({ stage: fc.stringMatching(/^[a-z][a-z-]{0,20}$/), atMs: fc.nat(), durationMs: fc.nat() })

test('a timeline that is written entry by entry reads back as it was', () => {
  fc.assert(
    fc.property(fc.array(time, { maxLength: 8 }), (times) => {
      const header = times.reduce<string | undefined>((before, next) => appendToTimeline(before, next), undefined)
      expect(decodeTimeline(header)).toEqual(times)
      expect(header ?? '').toBe(encodeTimeline(times))
    }),
  )
})

test('a timeline that somebody else wrote never throws and gives only whole entries', () => {
  fc.assert(
    fc.property(fc.string(), (header) => {
      for (const { stage, atMs, durationMs } of decodeTimeline(header)) {
        expect(stage).not.toBe('')
        expect(Number.isFinite(atMs) && Number.isFinite(durationMs)).toBe(true)
      }
    }),
  )
})

test('an event came in when its time at the first stage began, however many stages followed', () => {
  fc.assert(
    fc.property(fc.array(time, { minLength: 1, maxLength: 8 }), (times) => {
      expect(receiptMsOf(encodeTimeline(times))).toBe((times[0]?.atMs ?? 0) - (times[0]?.durationMs ?? 0))
    }),
  )
})

test.each([undefined, '', 'x', 'x:1', ':1:2', 'x:a:2', 'x:1,y:2:3', 'x,y:1:2'])('%j says nothing of when an event came in', (header) => {
  expect(receiptMsOf(header)).toBeUndefined()
})
