import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { observationOf, type Observation } from './observation.ts'
import { factorsOf, lessonOf, observe, type RiskProfile } from './risk-profile.ts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const now = Date.UTC(2026, 0, 31, 20, 30)
const berlin = { latitude: 52.52, longitude: 13.4 }
const hamburg = { latitude: 53.55, longitude: 9.99 }
const tokyo = { latitude: 35.68, longitude: 139.69 }

type Step = readonly [minutes: number, kind: string, data?: object, findings?: number]

function profileOf(...steps: Step[]): RiskProfile {
  let profile: RiskProfile | undefined
  for (const [minutes, kind, data = {}, findings = 0] of steps) {
    profile = observe(profile, observationOf({ type: `com.ott.${kind}.v1`, data }, findings), now + minutes * minuteMs)
  }
  if (profile === undefined) throw new Error('no steps')
  return profile
}

const factorsAt = (minutes: number, ...steps: Step[]) => factorsOf(profileOf(...steps), now + minutes * minuteMs)

describe('windows', () => {
  test('each factor forgets after its window', () => {
    const day = 24 * 60
    const all: Step[] = [
      [0, 'consent.changed', {}, 2],
      [0, 'signin.failed', { attempts: 3 }],
      [0, 'personal-data.exported', { records: 70, location: berlin }],
      [10, 'playback.started', { location: tokyo }],
    ]
    expect(factorsAt(10, ...all)).toMatchObject({ consentChanges: 1, pastViolations: 2, dataAccess: 70, signInFailures: 3 })
    expect(factorsAt(10, ...all).impossibleTravel).toBeGreaterThan(900)
    expect(factorsAt(90, ...all)).toMatchObject({ consentChanges: 1, pastViolations: 2, dataAccess: 0, signInFailures: 0 })
    expect(factorsAt(90, ...all).impossibleTravel).toBe(0)
    expect(factorsAt(26 * 60, ...all)).toMatchObject({ consentChanges: 0, pastViolations: 2 })
    expect(factorsAt(29 * day, ...all)).toMatchObject({ pastViolations: 2 })
    expect(factorsAt(32 * day, ...all)).toMatchObject({ pastViolations: 0 })
  })

  test('an attack whose events arrive in reverse order adds up all the same', () => {
    const failures = [50, 40, 30, 20, 10].map((minutes): Step => [minutes, 'signin.failed'])
    expect(factorsAt(10, ...failures).signInFailures).toBe(5)
  })

  test('an event older than the window does not count now', () => {
    expect(factorsAt(0, [0, 'signin.failed'], [-120, 'signin.failed', { attempts: 100 }], [0, 'signin.failed']).signInFailures).toBe(2)
  })

  test('an event from the future neither wipes the window nor counts before its time, and later events count as ever', () => {
    const failures: Step[] = [[0, 'signin.failed', { attempts: 4 }], [24 * 60, 'signin.failed', { attempts: 50 }]]
    expect(factorsAt(1, ...failures).signInFailures).toBe(4)
    expect(factorsAt(2, ...failures, [2, 'signin.failed']).signInFailures).toBe(5)
    expect(factorsAt(40, ...failures, [2, 'signin.failed'], [40, 'playback.started']).signInFailures).toBe(5)
  })

  test('an unreadable time is refused instead of poisoning the profile', () => {
    expect(() => profileOf([NaN, 'playback.started'])).toThrow(RangeError)
  })
})

describe('sign-in failures', () => {
  test('a correct sign-in forgives up to four failures before it', () => {
    expect(factorsAt(3, [0, 'signin.failed', { attempts: 4 }], [3, 'signin.succeeded']).signInFailures).toBe(0)
  })

  test('a correct sign-in after five failures hides nothing: that is how a takeover looks', () => {
    expect(factorsAt(3, [0, 'signin.failed', { attempts: 5 }], [3, 'signin.succeeded']).signInFailures).toBe(5)
  })

  test('a sign-in dated in the future forgives nothing before its time', () => {
    expect(factorsAt(1, [0, 'signin.failed', { attempts: 4 }], [24 * 60, 'signin.succeeded']).signInFailures).toBe(4)
  })

  test('signing in rightly now and then hides no more than four failures an hour', () => {
    const steps: Step[] = []
    for (const minutes of [0, 10, 20]) steps.push([minutes, 'signin.failed', { attempts: 3 }], [minutes + 3, 'signin.succeeded'])
    expect(factorsAt(23, ...steps).signInFailures).toBe(9)
  })
})

describe('impossible travel', () => {
  const speed = (...steps: Step[]) => factorsAt(steps.at(-1)![0], ...steps).impossibleTravel
  const at = (minutes: number, location: object): Step => [minutes, 'playback.started', { location }]

  test('is the speed in km/h between successive located events, whichever arrives first', () => {
    const there = speed(at(0, berlin), at(60, tokyo))
    const back = factorsAt(60, at(60, tokyo), at(0, berlin)).impossibleTravel
    expect(Math.abs(there - 8_920)).toBeLessThan(20)
    expect(Math.abs(back - there)).toBeLessThanOrEqual(1)
  })

  test('a flight that exists, a trip by train and an inaccurate locator are none', () => {
    expect(speed(at(0, berlin), at(13 * 60, tokyo))).toBeLessThan(900)
    expect(speed(at(0, berlin), at(110, hamburg))).toBeLessThan(200)
    expect(speed(at(0, berlin), at(0, { latitude: 52.1, longitude: 14.1 }))).toBe(0)
  })

  test('two far places at the same time give the speed of a journey of one minute', () => {
    const value = speed(at(0, berlin), at(0, tokyo))
    expect(value).toBeGreaterThan(900)
    expect(value).toBeLessThan(20_100 * 60)
  })

  test('stays in sight for an hour of other events', () => {
    expect(speed(at(0, berlin), at(1, tokyo), [55, 'playback.stopped'])).toBeGreaterThan(900)
  })

  test('is still seen after an event from the future', () => {
    const steps: Step[] = [at(20 * 60, berlin), at(0, berlin)]
    expect(speed(...steps, at(5, tokyo))).toBeGreaterThan(900)
  })

  test('places are remembered no finer than a kilometre', () => {
    expect(profileOf(at(0, { latitude: 52.516275, longitude: 13.377704 })).place).toEqual([52.52, 13.38, now])
  })
})

describe('error rate', () => {
  test('one error of one request is not a rate of 1', () => {
    expect(factorsAt(0, [0, 'error.occurred']).errorRate).toBe(0.05)
  })

  test('is errors per request once there are enough', () => {
    const steps = Array.from({ length: 40 }, (_, index): Step => [index, 'api.requested', { status: index % 4 === 0 ? 403 : 200 }])
    expect(factorsAt(39, ...steps).errorRate).toBe(0.25)
  })
})

test('the findings of the event itself count as violations of the past', () => {
  expect(factorsAt(0, [0, 'playback.started', {}, 3]).pastViolations).toBe(3)
})

test('a subject teaches once per hour of event time, whatever it sends and in whichever order', () => {
  let lessons = 0
  let profile: RiskProfile | undefined
  for (let index = 0; index < 3_000; index += 1) {
    const atMs = Math.floor(now / hourMs) * hourMs + ((index * 7_919) % (3 * hourMs))
    if (lessonOf(profile, atMs) !== undefined) lessons += 1
    profile = observe(profile, observationOf({ type: 'com.ott.signin.failed.v1', data: {} }, 0), atMs)
  }
  expect(lessons).toBeLessThanOrEqual(3)
  expect(lessonOf(profile, now + 5 * hourMs)).toBeDefined()
})

const kinds = ['playback.started', 'signin.failed', 'signin.succeeded', 'consent.changed', 'personal-data.exported', 'api.requested']
const anObservation: fc.Arbitrary<Observation> = fc
  .record({
    kind: fc.constantFrom(...kinds),
    amount: fc.integer({ min: 1, max: 1_000_000_000 }),
    findings: fc.integer({ min: 0, max: 3 }),
    location: fc.option(
      fc.record({ latitude: fc.double({ min: -90, max: 90, noNaN: true }), longitude: fc.double({ min: -180, max: 180, noNaN: true }) }),
    ),
  })
  .map(({ kind, amount, findings, location }) => {
    const data = { attempts: amount, records: amount, status: 200 + (amount % 400), location }
    return observationOf({ type: `com.ott.${kind}.v1`, data }, findings)
  })

test('the order of events with equal times does not change the counts', () => {
  const timed = fc.tuple(fc.integer({ min: 0, max: 5 }), anObservation)
  const shuffledTies = fc.array(timed, { maxLength: 60 }).chain((events) =>
    fc.tuple(fc.constant(events), fc.shuffledSubarray(events, { minLength: events.length })),
  )
  fc.assert(
    fc.property(shuffledTies, ([events, shuffled]) => {
      const inOrder = (list: typeof events) => {
        let profile: RiskProfile | undefined
        for (const [step, seen] of [...list].sort((a, b) => a[0] - b[0])) profile = observe(profile, seen, now + step * 20 * minuteMs)
        if (profile === undefined) return undefined
        const { impossibleTravel: _, ...counts } = factorsOf(profile, profile.clockMs)
        return counts
      }
      expect(inOrder(shuffled)).toEqual(inOrder(events))
    }),
  )
})

test('a profile that went through JSON after every event goes on exactly as one that did not', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.integer({ min: -5_000, max: 5_000 }), anObservation), { maxLength: 40 }), (events) => {
      let kept: RiskProfile | undefined
      let saved: RiskProfile | undefined
      for (const [minutes, seen] of events) {
        kept = observe(kept, seen, now + minutes * minuteMs)
        const restored = saved === undefined ? undefined : (JSON.parse(JSON.stringify(saved)) as RiskProfile)
        saved = observe(restored, seen, now + minutes * minuteMs)
      }
      expect(JSON.stringify(saved)).toBe(JSON.stringify(kept))
    }),
  )
})

test('a profile stays below 12 KB under 10,000 events of any kind at any time, and an ordinary one below 1.5 KB', () => {
  const events = fc.sample(fc.tuple(fc.integer({ min: -40 * 24 * 60, max: 40 * 24 * 60 }), anObservation), { numRuns: 10_000, seed: 3 })
  let profile: RiskProfile | undefined
  let bytesMax = 0
  for (const [minutes, seen] of events) {
    profile = observe(profile, seen, now + minutes * minuteMs)
    bytesMax = Math.max(bytesMax, JSON.stringify(profile).length)
  }
  expect(bytesMax).toBeLessThan(12_288)
  let ordinary = profileOf([0, 'signin.succeeded'])
  for (let minutes = 0; minutes < 600; minutes += 5) {
    const seen = observationOf({ type: 'com.ott.playback.started.v1', data: { location: berlin } }, 0)
    ordinary = observe(ordinary, seen, now + minutes * minuteMs)
  }
  expect(JSON.stringify(ordinary).length).toBeLessThan(1_536)
})
