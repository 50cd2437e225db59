import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { DateTime } from 'luxon'
import { nextHandoverMs, onCallAt, shiftsBetween } from './on-call.ts'
import { anInterval, aRotation, aSchedule, someMoment, someSchedule, someTimeIntervals, someZone } from './on-call-fixture.ts'

const none = new Map()
const at = (time: string) => Date.parse(time)
const hourMs = 3_600_000
const dayMs = 24 * hourMs

test('receivers take turns, and the first shift has nobody before it', () => {
  const schedule = aSchedule()
  expect(onCallAt(schedule, none, at('2026-01-05T07:59:59Z'))).toBeUndefined()
  expect(['2026-01-05T08:00:00Z', '2026-01-12T07:59:59Z', '2026-01-12T08:00:00Z', '2026-01-19T08:00:00Z', '2026-01-26T08:00:00Z'].map((time) => onCallAt(schedule, none, at(time)))).toEqual(['ada', 'ada', 'ben', 'cem', 'ada'])
})

test.each([
  ['Europe/Berlin', '2026-03-30T07:00:00Z', '2026-10-26T08:00:00Z'],
  ['America/New_York', '2026-03-09T13:00:00Z', '2026-11-02T14:00:00Z'],
])('in %s a handover at nine stays at nine when clocks change', (timeZone, inSpring, inAutumn) => {
  const schedule = aSchedule({ timeZone })
  for (const handover of [inSpring, inAutumn]) {
    expect(nextHandoverMs(schedule, none, at(handover) - dayMs)).toBe(at(handover))
    expect(onCallAt(schedule, none, at(handover) - 1)).not.toBe(onCallAt(schedule, none, at(handover)))
  }
})

test('where clocks skip the hour of a handover it comes as much later; where they show it twice, the first time counts', () => {
  const daily = aSchedule({ rotations: [aRotation({ start: '2026-03-27T02:30:00', shift: { count: 1, unit: 'days' } })] })
  const handovers = (from: string, until: string) => shiftsBetween(daily, none, at(from), at(until)).slice(1).map(({ fromMs }) => new Date(fromMs).toISOString())
  // Berlin goes from 02:00 to 03:00 on 29 March, and from 03:00 back to 02:00 on 25 October.
  expect(handovers('2026-03-28T00:00Z', '2026-03-30T12:00Z')).toEqual(['2026-03-28T01:30:00.000Z', '2026-03-29T01:30:00.000Z', '2026-03-30T00:30:00.000Z'])
  expect(handovers('2026-10-24T00:00Z', '2026-10-26T12:00Z')).toEqual(['2026-10-24T00:30:00.000Z', '2026-10-25T00:30:00.000Z', '2026-10-26T01:30:00.000Z'])
})

test('zones that are half an hour off, or change by half an hour, hand over by their own clock', () => {
  const kolkata = aSchedule({ timeZone: 'Asia/Kolkata' })
  expect(nextHandoverMs(kolkata, none, at('2026-06-01T00:00Z'))).toBe(at('2026-06-01T03:30Z'))
  // Lord Howe Island is at +11 until 5 April and at +10:30 after.
  const lordHowe = aSchedule({ timeZone: 'Australia/Lord_Howe', rotations: [aRotation({ shift: { count: 1, unit: 'days' } })] })
  expect(nextHandoverMs(lordHowe, none, at('2026-04-03T23:00Z'))).toBe(at('2026-04-04T22:30Z'))
})

test('shifts of hours are as long as they are, whatever clocks do', () => {
  const schedule = aSchedule({ rotations: [aRotation({ start: '2026-03-28T20:00:00', shift: { count: 12, unit: 'hours' } })] })
  expect(shiftsBetween(schedule, none, at('2026-03-28T19:00Z'), at('2026-03-30T00:00Z')).map(({ fromMs }) => new Date(fromMs).toISOString())).toEqual(['2026-03-28T19:00:00.000Z', '2026-03-29T07:00:00.000Z', '2026-03-29T19:00:00.000Z'])
})

test('a later rotation counts where it is active, and the time it leaves falls to the one before', () => {
  const nights = anInterval({ times: [{ startMinute: 0, endMinute: 480 }, { startMinute: 1_200, endMinute: 1_440 }] })
  const schedule = aSchedule({ rotations: [aRotation({ receivers: ['day'] }), aRotation({ receivers: ['night'], activeTimeIntervals: ['nights'] })] })
  const intervals = new Map([['nights', [nights]]])
  expect(shiftsBetween(schedule, intervals, at('2026-02-02T12:00+01:00'), at('2026-02-03T12:00+01:00'))).toEqual([
    { receiver: 'day', fromMs: at('2026-02-02T12:00+01:00'), untilMs: at('2026-02-02T20:00+01:00') },
    { receiver: 'night', fromMs: at('2026-02-02T20:00+01:00'), untilMs: at('2026-02-03T08:00+01:00') },
    { receiver: 'day', fromMs: at('2026-02-03T08:00+01:00'), untilMs: at('2026-02-03T12:00+01:00') },
  ])
})

test.each([
  // 02:00 becomes 03:00 at 01:00 UTC: an interval up to 02:30 ends there.
  ['2026-03-29', { startMinute: 60, endMinute: 150 }, [['00:00', '01:00']]],
  // 03:00 becomes 02:00 at 01:00 UTC: an interval from 02:15 on has a pause of a quarter of an hour.
  ['2026-10-25', { startMinute: 135, endMinute: 240 }, [['00:15', '01:00'], ['01:15', '03:00']]],
])('on %s, when clocks change, an interval %j of the local clock is where that clock shows it', (day, time, expected) => {
  const schedule = aSchedule({ rotations: [aRotation({ receivers: ['night'], activeTimeIntervals: ['nights'] })] })
  const shifts = shiftsBetween(schedule, new Map([['nights', [anInterval({ times: [time] })]]]), at(`${day}T00:00Z`) - hourMs, at(`${day}T12:00Z`))
  expect(shifts.map(({ fromMs, untilMs }) => [fromMs, untilMs])).toEqual(expected.map((shift) => shift.map((hour) => at(`${day}T${hour}Z`))))
})

test('an override counts before every rotation, the later of two before the earlier, and ends before its end', () => {
  const override = { fromMs: at('2026-01-06T00:00Z'), untilMs: at('2026-01-07T00:00Z'), receiver: 'dia' }
  const schedule = aSchedule({ overrides: [override, { ...override, fromMs: override.fromMs + hourMs, untilMs: override.fromMs + 2 * hourMs, receiver: 'eva' }] })
  const who = [0, 1, 2, 24].map((hours) => onCallAt(schedule, none, override.fromMs + hours * hourMs))
  expect(who).toEqual(['dia', 'eva', 'dia', 'ada'])
  expect(nextHandoverMs(schedule, none, override.fromMs - 1)).toBe(override.fromMs)
})

test('where nobody is on call, the shift to come is the next handover, and no shift is listed', () => {
  const schedule = aSchedule()
  expect(nextHandoverMs(schedule, none, at('2025-12-01T00:00Z'))).toBe(at('2026-01-05T08:00Z'))
  expect(shiftsBetween(schedule, none, at('2025-12-01T00:00Z'), at('2026-01-01T00:00Z'))).toEqual([])
})

test('whoever is alone hands over to nobody', () => {
  expect(nextHandoverMs(aSchedule({ rotations: [aRotation({ receivers: ['ada'] })] }), none, at('2026-02-01T00:00Z'))).toBeUndefined()
})

test('the handover of a weekly or daily rotation is at the same time of the local clock all year, unless clocks skip it', () => {
  fc.assert(
    fc.property(someZone, fc.integer({ min: 0, max: 23 }), fc.constantFrom('days', 'weeks'), (timeZone, hour, unit) => {
      const start = `2026-01-05T${String(hour).padStart(2, '0')}:20:00`
      const schedule = aSchedule({ timeZone, rotations: [aRotation({ start, shift: { count: 1, unit } })] })
      for (const { fromMs } of shiftsBetween(schedule, none, at('2026-01-08T00:00Z'), at('2026-12-20T00:00Z')).slice(1)) {
        const local = DateTime.fromMillis(fromMs, { zone: timeZone })
        const wasSkipped = !DateTime.fromObject({ ...local.toObject(), hour, minute: 20 }, { zone: timeZone }).getPossibleOffsets().some((time) => time.hour === hour && time.minute === 20)
        if (!wasSkipped) expect([local.hour, local.minute]).toEqual([hour, 20])
      }
    }),
    { numRuns: 8 },
  )
})

test('shifts tile the time: at every minute the one shift that covers it names who is on call, and where none does nobody is', () => {
  fc.assert(
    fc.property(someSchedule, someTimeIntervals, someMoment, (schedule, intervals, fromMs) => {
      const untilMs = fromMs + 5 * dayMs
      const shifts = shiftsBetween(schedule, intervals, fromMs, untilMs)
      for (let nowMs = fromMs; nowMs < untilMs; nowMs += 17 * 60_000) {
        const covering = shifts.filter((shift) => shift.fromMs <= nowMs && nowMs < shift.untilMs)
        expect(covering.map(({ receiver }) => receiver)).toEqual([onCallAt(schedule, intervals, nowMs) ?? []].flat())
      }
      for (const [index, { receiver, fromMs: begin, untilMs: end }] of shifts.entries()) {
        expect(begin).toBeLessThan(end)
        expect(begin).toBeGreaterThanOrEqual(shifts[index - 1]?.untilMs ?? fromMs)
        expect(onCallAt(schedule, intervals, end - 1)).toBe(receiver)
        if (end < untilMs) expect(onCallAt(schedule, intervals, end)).not.toBe(receiver)
      }
    }),
    { numRuns: 25 },
  )
})

test('on the days that clocks change, no minute is told wrongly either', () => {
  fc.assert(
    fc.property(someSchedule, someTimeIntervals, fc.constantFrom('2026-03-08', '2026-03-29', '2026-04-05', '2026-04-24', '2026-10-04', '2026-10-25', '2026-10-30', '2026-11-01'), (schedule, intervals, day) => {
      const fromMs = at(`${day}T00:00Z`) - 12 * hourMs
      const shifts = shiftsBetween(schedule, intervals, fromMs, fromMs + 2 * dayMs)
      for (let nowMs = fromMs; nowMs < fromMs + 2 * dayMs; nowMs += 10 * 60_000) {
        expect(shifts.find((shift) => shift.fromMs <= nowMs && nowMs < shift.untilMs)?.receiver).toBe(onCallAt(schedule, intervals, nowMs))
      }
    }),
    { numRuns: 30 },
  )
})

test('until the next handover the same receiver is on call, and from then on another or nobody', () => {
  fc.assert(
    fc.property(someSchedule, someTimeIntervals, someMoment, (schedule, intervals, nowMs) => {
      const current = onCallAt(schedule, intervals, nowMs)
      const handover = nextHandoverMs(schedule, intervals, nowMs)
      if (handover === undefined) return
      expect(handover).toBeGreaterThan(nowMs)
      expect(onCallAt(schedule, intervals, handover)).not.toBe(current)
      expect(onCallAt(schedule, intervals, handover - 1)).toBe(current)
      expect(shiftsBetween(schedule, intervals, nowMs, handover).map(({ receiver }) => receiver)).toEqual(current === undefined ? [] : [current])
    }),
    { numRuns: 20 },
  )
})

test('a list of shifts is bounded, however long the time and short the shifts, and says nothing of what it left out', () => {
  const schedule = aSchedule({ rotations: [aRotation({ shift: { count: 1, unit: 'hours' } })] })
  expect(shiftsBetween(schedule, none, at('2026-02-01T00:00Z'), at('2096-02-01T00:00Z'))).toHaveLength(1_000)
  // Ada and Ada again: the end of their shifts is where looking ends.
  const alone = shiftsBetween(aSchedule({ rotations: [aRotation({ shift: { count: 1, unit: 'hours' }, receivers: ['ada'] })] }), none, at('2026-02-01T00:00Z'), at('2096-02-01T00:00Z'))
  expect(alone).toEqual([{ receiver: 'ada', fromMs: at('2026-02-01T00:00Z'), untilMs: at('2026-02-01T00:00Z') + 2_000 * hourMs }])
  const weekly = shiftsBetween(aSchedule(), none, at('2026-02-01T00:00Z'), at('2096-02-01T00:00Z'))
  expect(weekly.at(-1)?.untilMs).toBe(at('2026-02-01T00:00Z') + 366 * dayMs)
})
