import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { priorBaseline, type Baseline } from './baseline.ts'
import { judgeRisk, type RiskJudgement } from './judge-risk.ts'
import { decodeProfile, encodeProfile } from './profile-codec.ts'
import type { RiskProfile } from './risk-profile.ts'

const now = Date.UTC(2026, 0, 31, 20, 30)
const kinds = ['playback.started', 'playback.stopped', 'signin.failed', 'signin.succeeded', 'consent.changed', 'personal-data.exported', 'api.requested', 'error.occurred']

interface Step {
  readonly event: { readonly type: string; readonly time: string; readonly data: object }
  readonly findings: number
}

/** Mostly in time order and close together, now and then late, far ahead or long ago. */
const aStep: fc.Arbitrary<Step & { readonly minutes: number }> = fc
  .record({
    minutes: fc.oneof(fc.integer({ min: 0, max: 30 }), fc.integer({ min: -90, max: 600 }), fc.integer({ min: -20_000, max: 20_000 })),
    kind: fc.constantFrom(...kinds),
    amount: fc.integer({ min: 1, max: 1_000_000 }),
    findings: fc.integer({ min: 0, max: 3 }),
    location: fc.option(fc.record({ latitude: fc.double({ min: -90, max: 90, noNaN: true }), longitude: fc.double({ min: -180, max: 180, noNaN: true }) })),
  })
  .map(({ minutes, kind, amount, findings, location }) => ({
    minutes,
    findings,
    event: { type: `com.ott.${kind}.v1`, time: '', data: { attempts: amount % 7, records: amount, status: 200 + (amount % 400), location } },
  }))

/** Each step lies its minutes after the one before. */
const someSteps = fc.array(aStep, { minLength: 1, maxLength: 80 }).map((steps) => {
  let atMs = now
  return steps.map(({ minutes, event, findings }): Step => ({ findings, event: { ...event, time: new Date((atMs += minutes * 60_000)).toISOString() } }))
})

function judge(steps: readonly Step[], between: (profile: RiskProfile, step: number) => RiskProfile): RiskJudgement[] {
  let profile: RiskProfile | undefined
  let baseline: Baseline = priorBaseline
  return steps.map(({ event, findings }, step) => {
    const judged = judgeRisk(profile && between(profile, step), baseline, event, findings)
    profile = judged.profile
    baseline = judged.baseline
    return judged
  })
}

test('wherever a viewer is put away and fetched again, as bytes or as JSON, every score and the profile stay the same', () => {
  fc.assert(
    fc.property(someSteps, fc.func(fc.constantFrom('held', 'bytes', 'json')), (steps, fateOf) => {
      const undisturbed = judge(steps, (profile) => profile)
      const disturbed = judge(steps, (profile, step) => {
        const fate = fateOf(step)
        if (fate === 'held') return profile
        return fate === 'bytes' ? decodeProfile(encodeProfile(profile)) : (JSON.parse(JSON.stringify(profile)) as RiskProfile)
      })
      expect(JSON.stringify(disturbed)).toBe(JSON.stringify(undisturbed))
    }),
  )
})

test('a profile that holds what bytes can not tell comes back all the same', () => {
  const profile = judge([{ event: { type: 'com.ott.playback.started.v1', time: new Date(now).toISOString(), data: {} }, findings: 0 }], (same) => same)[0]!.profile
  const odd = [
    { ...profile, clockMs: now + 0.5 },
    { ...profile, clockMs: -1e300 },
    { ...profile, place: [52.12345, 13, now] as const },
    { ...profile, records: [1, 0.25] },
    { ...profile, signedInMs: -8.64e15 },
    { ...profile, windows: [[1, 2]] },
    { ...profile, recent: '\u20ac\u0001' },
    { ...profile, recent: '' },
  ]
  for (const each of odd) expect(JSON.stringify(decodeProfile(encodeProfile(each)))).toBe(JSON.stringify(each))
})

test('a profile from before there were windows keeps having none', () => {
  const { windows: _windows, seen: _seen, recent: _recent, ...old } = judge([{ event: { type: 'com.ott.playback.started.v1', time: new Date(now).toISOString(), data: {} }, findings: 2 }], (same) => same)[0]!.profile
  expect(encodeProfile(old).startsWith('{')).toBe(false)
  expect(JSON.stringify(decodeProfile(encodeProfile(old)))).toBe(JSON.stringify(old))
})

test('bytes are one to a code unit, and an ordinary viewer of a week takes less than half of its JSON', () => {
  const steps = Array.from({ length: 7 * 40 }, (_, n): Step => {
    const [day, place] = [Math.floor(n / 40), n % 40]
    const time = new Date(now + day * 86_400_000 + place * 4 * 60_000).toISOString()
    const location = { latitude: 52.52, longitude: 13.4 }
    return { findings: 0, event: { type: `com.ott.${place === 0 ? 'signin.succeeded' : 'playback.started'}.v1`, time, data: { location } } }
  })
  const profile = judge(steps, (same) => same).at(-1)!.profile
  const text = encodeProfile(profile)
  expect([...text].every((unit) => unit.charCodeAt(0) < 256)).toBe(true)
  expect(text.length).toBeLessThan(JSON.stringify(profile).length / 2)
})
