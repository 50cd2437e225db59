import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { VppaConsent } from './vppa-consent.ts'

const givenAt = '2024-01-15T12:00:00Z'

test.each([
  ['two years from when it was given', { givenAt }, '2026-01-15T12:00:00.000Z'],
  ['its own end, when that is earlier', { givenAt, expiresAt: '2025-01-01T00:00:00+01:00' }, '2024-12-31T23:00:00.000Z'],
  ['two years, when its own end is later', { givenAt, expiresAt: '2030-01-01T00:00:00Z' }, '2026-01-15T12:00:00.000Z'],
  ['its own end, when it does not say since when', { expiresAt: '2030-01-01T00:00:00Z' }, '2030-01-01T00:00:00.000Z'],
  ['the day after a leap day, two years on', { givenAt: '2024-02-29T08:00:00Z' }, '2026-03-01T08:00:00.000Z'],
  ['the end of time, when it states no time', {}, '9999-12-31T23:59:59.999Z'],
  ['no later than the end of time', { givenAt: '9999-06-01T00:00:00Z' }, '9999-12-31T23:59:59.999Z'],
])('a consent is valid until %s', (_, times, end) => {
  const consent = new VppaConsent({ given: true, ...times })
  expect(consent.validUntil.toISOString()).toBe(end)
  expect(consent.dated).toBe(Object.keys(times).length > 0)
  expect(consent.validAt(consent.validUntil)).toBe(true)
  expect(consent.validAt(new Date(consent.validUntil.getTime() + 1))).toBe(false)
})

test('a consent counts from the moment it was given, not before', () => {
  const consent = new VppaConsent({ given: true, givenAt })
  expect(consent.validAt(new Date(givenAt))).toBe(true)
  expect(consent.validAt(new Date(Date.parse(givenAt) - 1))).toBe(false)
  expect(consent.givenAt).toEqual(new Date(givenAt))
})

test('what was withdrawn or never given is not valid at any time', () => {
  const withdrawn = new VppaConsent({ given: true, withdrawn: true, givenAt })
  expect(withdrawn).toMatchObject({ present: true, given: true, withdrawn: true })
  expect(withdrawn.validAt(new Date('2025-01-01'))).toBe(false)
  const refused = new VppaConsent({ given: false, givenAt })
  expect(refused).toMatchObject({ present: true, given: false, validUntil: new Date(0) })
  expect(refused.validAt(new Date('2025-01-01'))).toBe(false)
})

test('without a record every question has an answer', () => {
  const { absent } = VppaConsent
  const said = { given: false, distinctAndSeparate: false, withdrawn: false, dated: false }
  expect(absent).toMatchObject({ present: false, ...said, givenAt: new Date(0), validUntil: new Date(0) })
  expect(absent.validAt(new Date(0))).toBe(false)
})

test('only what is stated as true is true', () => {
  expect(new VppaConsent({ given: 'yes', distinctAndSeparate: 1, withdrawn: null })).toMatchObject({
    given: false,
    distinctAndSeparate: false,
    withdrawn: false,
  })
})

test('whatever the record holds, its times are times', () => {
  fc.assert(
    fc.property(fc.anything(), fc.anything(), fc.anything(), (given, from, until) => {
      for (const record of [given, { given, givenAt: from, expiresAt: until }, { given: true, givenAt: String(Symbol('x')), expiresAt: from }]) {
        const consent = new VppaConsent(record)
        expect(Number.isNaN(consent.validUntil.getTime()) || Number.isNaN(consent.givenAt.getTime())).toBe(false)
        expect(typeof consent.validAt(new Date(0))).toBe('boolean')
      }
    }),
  )
})
