import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { observationOf } from './observation.ts'

const of = (kind: string, data: object = {}, findings = 0) => observationOf({ type: `com.ott.${kind}.v1`, data }, findings)

test('one event may stand for many failed attempts and many records', () => {
  expect(of('signin.failed', { attempts: 5 }).signInFailures).toBe(5)
  expect(of('signin.failed').signInFailures).toBe(1)
  expect(of('personal-data.exported', { records: 5_000 }).records).toBe(5_000)
  expect(of('personal-data.accessed').records).toBe(1)
})

test('refused access and server faults are errors; what crawlers and limiters cause is not', () => {
  const errors = (status: number) => of('api.requested', { status }).errors
  expect([500, 503, 401, 403].map(errors)).toEqual([1, 1, 1, 1])
  expect([200, 304, 400, 404, 429].map(errors)).toEqual([0, 0, 0, 0, 0])
  expect(of('error.occurred', { code: 'E1' })).toMatchObject({ errors: 1, requests: 1 })
})

test('a status counts only on API requests, and attempts only on failed sign-ins', () => {
  expect(of('playback.started', { status: 500, attempts: 9, records: 9 })).toMatchObject({ errors: 0, signInFailures: 0, records: 0 })
})

test('a location that is encrypted, incomplete, out of range or the empty answer of a locator counts as not given', () => {
  const outside = { latitude: 91, longitude: 0 }
  for (const location of ['eyJhbGciOi', null, {}, outside, { latitude: 0, longitude: 0 }, { latitude: '1', longitude: 2 }]) {
    expect(of('playback.started', { location }).location).toBeUndefined()
  }
  expect(of('playback.started', { location: { latitude: 0, longitude: 9 } }).location).toEqual({ latitude: 0, longitude: 9 })
})

test('every observation is made of finite counts of at least 0, whatever the data', () => {
  const kinds = fc.constantFrom('signin.failed', 'personal-data.accessed', 'api.requested', 'consent.changed', 'nonsense')
  const anyData = fc.dictionary(fc.constantFrom('attempts', 'records', 'status', 'location'), fc.anything())
  fc.assert(
    fc.property(kinds, anyData, fc.nat(), (kind, data, findings) => {
      const { location, signedIn, ...counts } = of(kind, data, findings)
      expect(typeof signedIn).toBe('boolean')
      if (location !== undefined) expect(Math.abs(location.latitude)).toBeLessThanOrEqual(90)
      for (const count of Object.values(counts)) expect(Number.isSafeInteger(Math.min(count, 1e9)) && count >= 0).toBe(true)
    }),
  )
})
