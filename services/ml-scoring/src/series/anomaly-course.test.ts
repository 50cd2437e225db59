import { expect, test } from '@jest/globals'
import { eventShape, eventsIn } from '@ott/anomaly/seasonal/event-extraction'
import fc from 'fast-check'
import { courseAfter, type Anomaly, type UnlikelyHour } from './anomaly-course.ts'

const unlikely = (hour: number, likelihood = 0.95, parts: Partial<UnlikelyHour> = {}): UnlikelyHour => ({
  ...{ hour, count: 40, expected: 10, direction: 'above', likelihood, model: 'hour-of-week', standsAlone: false },
  ...parts,
})

/** All that opened, and all that was written of it last, by start. */
function course(hours: readonly (UnlikelyHour | undefined)[]) {
  let ongoing: Anomaly | null = null
  const opened: number[] = []
  const last = new Map<number, Anomaly>()
  for (const [hour, each] of hours.entries()) {
    const step = courseAfter(ongoing, hour, each)
    ongoing = step.ongoing
    if (step.opened !== undefined) opened.push(step.opened.startHour)
    for (const anomaly of step.changes) last.set(anomaly.startHour, anomaly)
  }
  return { opened, last: [...last.values()] }
}

test('hour by hour the same anomalies come out as from the whole series, each opened once and closed after the gap', () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { maxLength: 60 }), (flags) => {
      const quiet = Array<undefined>(eventShape.gapHoursMax + 1).fill(undefined)
      const { opened, last } = course([...flags.map((flag, hour) => (flag ? unlikely(hour) : undefined)), ...quiet])
      const expected = eventsIn(flags.map(Number), 1)
      expect(last.map(({ startHour, lastHour }) => ({ start: startHour, end: lastHour + 1 }))).toEqual(expected)
      expect(opened).toEqual(expected.map(({ start }) => start))
      expect(last.every(({ isOpen }) => !isOpen)).toBe(true)
    }),
  )
})

test('it is told by its unlikeliest hour', () => {
  const { last } = course([unlikely(0, 0.91), unlikely(1, 0.99, { count: 90 }), unlikely(2, 0.95)])
  expect(last).toEqual([{ startHour: 0, lastHour: 2, isOpen: true, peak: unlikely(1, 0.99, { count: 90 }) }])
})

test('an hour that stands alone opens one at once', () => {
  expect(course([unlikely(0, 0.95, { standsAlone: true })]).opened).toEqual([0])
  expect(course([unlikely(0)]).opened).toEqual([])
})

test('hours that were left out end it', () => {
  const open = course([unlikely(0), unlikely(1)]).last[0]!
  const { changes, opened } = courseAfter(open, 100, unlikely(100, 0.95, { standsAlone: true }))
  expect(changes.map(({ startHour, isOpen }) => [startHour, isOpen])).toEqual([[0, false], [100, true]])
  expect(opened?.startHour).toBe(100)
})
