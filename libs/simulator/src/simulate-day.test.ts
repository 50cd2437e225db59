import { describe, expect, test } from '@jest/globals'
import { checkViewerEvent, type ViewerEvent } from '@ott/contracts/viewer-event'
import { incidentKinds } from './incidents.ts'
import { distanceKm, farAway, homes } from './places.ts'
import { simulateDay, viewersMin, type DaySettings, type SimulatedDay } from './simulate-day.ts'

const startsAt = '2026-03-02T04:00:00Z'
const startsAtMs = Date.parse(startsAt)
const settings = { seed: 11, tenantId: 'acme', startsAt }
const euLike = new Set(['DE', 'FR', 'GB'])

/** Several days, since one may be lucky. */
const days: [string, DaySettings, SimulatedDay][] = (
  [
    ['200 viewers', settings],
    ['the fewest viewers', { ...settings, seed: 'few', viewers: viewersMin }],
    ['400 viewers', { ...settings, seed: 'many', viewers: 400, startsAt: '2026-03-02T18:30:00+05:30' }],
  ] as const
).map(([name, those]) => [name, those, simulateDay(those)])

test('the same settings give the same bytes', () => {
  expect(JSON.stringify(simulateDay(settings))).toBe(JSON.stringify(simulateDay({ ...settings, viewers: 200 })))
})

test.each([
  ['seed', { seed: 12 }],
  ['tenant', { tenantId: 'globex' }],
  ['start', { startsAt: '2026-03-03T04:00:00Z' }],
  ['number of viewers', { viewers: 201 }],
])('another %s gives another day, and no id occurs in both', (_, change) => {
  const ids = new Set(simulateDay(settings).events.map(({ id }) => id))
  const other = simulateDay({ ...settings, ...change })
  expect(other.events.some(({ id }) => ids.has(id))).toBe(false)
})

test('settings out of range are refused', () => {
  expect(() => simulateDay({ ...settings, viewers: viewersMin - 1 })).toThrow(RangeError)
  expect(() => simulateDay({ ...settings, startsAt: 'today' })).toThrow(RangeError)
})

describe.each(days)('a day of %s', (_, those, { events, incidents }) => {
  const planted = new Set(incidents.flatMap(({ eventIds }) => eventIds))
  const ordinary = events.filter(({ id }) => !planted.has(id))
  const eventOf = new Map(events.map((event) => [event.id, event]))
  const eventsOf = ({ eventIds }: { eventIds: readonly string[] }) => eventIds.map((id) => eventOf.get(id) as ViewerEvent)

  test('holds valid events of its tenant only, in time order, within 24 hours, each with an id of its own', () => {
    const startMs = Date.parse(those.startsAt)
    const times = events.map(({ time }) => Date.parse(time))
    expect(events.filter((event) => !checkViewerEvent(event, startMs).ok || event.tenantid !== 'acme')).toEqual([])
    expect(times.filter((time, i) => time < (times[i - 1] ?? startMs))).toEqual([])
    expect(times.at(-1)).toBeLessThan(startMs + 86_400_000)
    expect(new Set(events.map(({ id }) => id)).size).toBe(events.length)
  })

  test('is lived in five countries, in all the ways that people use a streaming service', () => {
    const countries = new Set(ordinary.map(({ data }) => data.country))
    expect([...countries].sort()).toEqual(['BR', 'DE', 'FR', 'GB', 'US'])
    const types = new Set<string>(ordinary.map(({ type }) => type))
    const everyday = ['playback.started', 'playback.stopped', 'signin.succeeded', 'signin.failed', 'consent.changed', 'ad.impression', 'error.occurred', 'api.requested']
    const ofStaff = ['personal-data.accessed', 'personal-data.exported']
    expect([...everyday, ...ofStaff].map((name) => `com.ott.${name}.v1`).filter((type) => !types.has(type))).toEqual([])
  })

  test('plants every kind of incident, each with a subject of its own whose last event it holds', () => {
    expect(new Set(incidents.map(({ kind }) => kind))).toEqual(new Set(incidentKinds))
    expect(incidents.length).toBe(14)
    expect(new Set(incidents.map(({ subject }) => subject)).size).toBe(incidents.length)
    for (const incident of incidents) {
      const own = events.filter(({ subject }) => subject === incident.subject)
      expect(eventsOf(incident).map((event) => event?.subject)).toEqual(incident.eventIds.map(() => incident.subject))
      expect(own.slice(-incident.eventIds.length).map(({ id }) => id)).toEqual(incident.eventIds)
      expect(eventsOf(incident).map(({ time }) => time)).toContain(incident.at)
      if (incident.kind !== 'mass-data-export') expect(own.length).toBeGreaterThan(incident.eventIds.length)
    }
  })

  test('holds in each incident what its kind says', () => {
    for (const incident of incidents) {
      const own = eventsOf(incident)
      const failures = own.filter(({ type }) => type === 'com.ott.signin.failed.v1')
      const places = events.filter(({ subject }) => subject === incident.subject).map(placeOf).filter((place) => place !== undefined)
      switch (incident.kind) {
        case 'account-takeover':
          expect(failures.length).toBeGreaterThanOrEqual(12)
          expect(own[failures.length]?.type).toBe('com.ott.signin.succeeded.v1')
          expect(distanceKm(places[0]!, placeOf(own[failures.length]!)!)).toBeGreaterThan(3_000)
          break
        case 'impossible-travel':
          expect(speedKmh(own[0]!, own[1]!)).toBeGreaterThan(10_000)
          break
        case 'withdrawn-consent-ignored':
          expect(own[0]).toMatchObject({ type: 'com.ott.consent.changed.v1', data: { purpose: 'ads', granted: false } })
          expect(['DE', 'FR']).toContain(own[0]?.data.country)
          for (const event of own.slice(1)) expect(event.data).toMatchObject({ personalised: true, consent: { ads: false } })
          expect(own.length).toBeGreaterThan(1)
          break
        case 'viewing-history-shared-without-consent':
          expect(own[0]).toMatchObject({ type: 'com.ott.viewing-history.shared.v1', data: { country: 'US' } })
          expect([undefined, { given: false }]).toContainEqual(own[0]?.data['vppaConsent'])
          break
        case 'mass-data-export':
          expect(own[0]).toMatchObject({ type: 'com.ott.personal-data.exported.v1', data: { actorRole: 'employee' } })
          expect(own[0]?.data['records']).toBeGreaterThanOrEqual(20_000)
      }
    }
  })

  test('breaks no rule outside its incidents', () => {
    const personalised = ordinary.filter(({ data }) => data['personalised'] === true)
    expect(personalised.length).toBeGreaterThan(0)
    expect(personalised.filter(({ data }) => data['minor'] === true || data['gpc'] === true || data.consent?.['ads'] !== true)).toEqual([])
    for (const { type, time, data } of ordinary) {
      if (type === 'com.ott.viewing-history.shared.v1') {
        const consent = data['vppaConsent'] as { given: boolean; distinctAndSeparate: boolean; givenAt: string; expiresAt: string }
        expect(data.country).toBe('US')
        expect(consent).toMatchObject({ given: true, distinctAndSeparate: true })
        expect(Date.parse(consent.givenAt)).toBeLessThan(Date.parse(time))
        expect(Date.parse(consent.expiresAt)).toBeGreaterThan(Date.parse(time))
        expect(Date.parse(consent.expiresAt) - Date.parse(consent.givenAt)).toBeLessThanOrEqual(730 * 86_400_000)
      }
      if (type.startsWith('com.ott.personal-data.')) {
        expect(data['purpose']).toBeTruthy()
        expect(data['records']).toBeLessThan(1_000)
        if (type === 'com.ott.personal-data.exported.v1') expect(data['safeguards']).not.toBe('none')
      }
    }
  })

  test('moves some viewers across borders but nobody faster than a plane, or at all within a sitting, outside its incidents', () => {
    const last = new Map<string, ViewerEvent>()
    let [journeys, fastestKmh] = [0, 0]
    for (const event of ordinary.filter((one) => placeOf(one) !== undefined)) {
      const before = last.get(event.subject)
      if (before !== undefined) {
        const km = distanceKm(placeOf(before)!, placeOf(event)!)
        fastestKmh = Math.max(fastestKmh, speedKmh(before, event))
        if (before.data['sessionId'] === event.data['sessionId']) expect(km).toBe(0)
        if (km > 100) journeys += 1
      }
      last.set(event.subject, event)
    }
    expect(journeys).toBeGreaterThan(0)
    expect(fastestKmh).toBeLessThan(900)
  })

  test('has nobody fail to sign in, change consent or meet errors more often than people do', () => {
    const counted = (type: string) => {
      const counts = new Map<string, number>()
      for (const event of ordinary) if (event.type === type) counts.set(event.subject, (counts.get(event.subject) ?? 0) + 1)
      return [...counts.values()]
    }
    const failures = counted('com.ott.signin.failed.v1')
    expect(failures.length).toBeGreaterThan(0)
    expect(Math.max(...failures)).toBeLessThanOrEqual(6)
    expect(Math.max(...counted('com.ott.consent.changed.v1'))).toBe(1)
    expect(counted('com.ott.error.occurred.v1').reduce((sum, count) => sum + count, 0) / ordinary.length).toBeLessThan(0.02)
  })
})

test('the places of attackers are far from every home', () => {
  for (const home of homes) for (const place of farAway) expect(distanceKm(home, place)).toBeGreaterThan(5_000)
  expect(distanceKm({ latitude: 52.52, longitude: 13.405 }, { latitude: 48.857, longitude: 2.352 })).toBeCloseTo(878, -1)
})

test('a day that starts later in the day still has its evenings in the evening', () => {
  const noon = simulateDay({ ...settings, startsAt: '2026-03-02T12:00:00Z' })
  const starts = noon.events.filter(({ type, data }) => type === 'com.ott.playback.started.v1' && euLike.has(data.country ?? ''))
  const hours = starts.map(({ time }) => new Date(time).getUTCHours())
  const inHours = (from: number, to: number) => hours.filter((hour) => hour >= from && hour < to).length
  expect(inHours(18, 22)).toBeGreaterThan(3 * inHours(1, 5))
  expect(Date.parse(noon.events[0]?.time ?? '')).toBeGreaterThanOrEqual(startsAtMs + 8 * 3_600_000)
})

function placeOf({ data }: ViewerEvent) {
  return data.location
}

function speedKmh(from: ViewerEvent, to: ViewerEvent): number {
  const km = distanceKm(placeOf(from)!, placeOf(to)!)
  return km === 0 ? 0 : km / ((Date.parse(to.time) - Date.parse(from.time)) / 3_600_000)
}
