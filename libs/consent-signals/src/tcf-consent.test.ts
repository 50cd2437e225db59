import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { asText, aRestrictedTcString, aTcString } from './consent-strings-fixture.ts'
import { decodeTcString } from './decode-tc-string.ts'
import { TcfConsent } from './tcf-consent.ts'

const read = (text: string) => new TcfConsent(decodeTcString(text))
const from1To = (max: number) => Array.from({ length: max }, (_, index) => index + 1)

test('a TC string says what its bits say', () => {
  const tcf = read(aTcString)
  expect(tcf).toMatchObject({ present: true, valid: true, problem: '', serviceSpecific: true, publisherCountry: 'NL', consentLanguage: 'EN' })
  expect([tcf.cmpId, tcf.policyVersion, tcf.vendorListVersion]).toEqual([252n, 4n, 7n])
  expect([tcf.createdAt, tcf.updatedAt]).toEqual([new Date('2026-11-22'), new Date('2026-11-22')])
  expect(from1To(24).filter((id) => tcf.purpose(id))).toEqual([4, 5, 6, 7, 9, 10])
  expect(from1To(24).filter((id) => tcf.purposeLegitimateInterest(id))).toEqual([8, 9, 11])
  expect(from1To(100).filter((id) => tcf.vendor(id))).toEqual([34, 66, 75, 92, 94])
  expect(from1To(161).filter((id) => tcf.vendorLegitimateInterest(id))).toEqual([85, 100, 161])
})

test('an id that can not be is not consented to', () => {
  const tcf = read(aTcString)
  for (const id of [0, -1, -4, 0.5, 4.5, 65_536, 2 ** 32 + 4, 2 ** 53, Infinity, NaN]) {
    expect([tcf.purpose(id), tcf.vendor(id), tcf.specialFeature(id), tcf.restriction(id, id)]).toEqual([false, false, false, ''])
  }
})

test('publisher restrictions are told by purpose and vendor', () => {
  const tcf = read(aRestrictedTcString([[2, 0, 10, 20], [2, 1, 30, 30], [7, 2, 1, 1_500]]))
  expect(tcf.problem).toBe('')
  expect([9, 10, 20, 21, 30, 31].map((vendor) => tcf.restriction(2, vendor))).toEqual([
    '',
    'not-allowed',
    'not-allowed',
    '',
    'require-consent',
    '',
  ])
  expect([tcf.restriction(7, 1_500), tcf.restriction(7, 1_501), tcf.restriction(1, 15)]).toEqual(['require-legitimate-interest', '', ''])
})

test('without a string every question has an answer', () => {
  const { absent } = TcfConsent
  expect(absent).toMatchObject({ present: false, valid: false, problem: '', createdAt: new Date(0), cmpId: 0n, consentLanguage: '' })
  expect([absent.purpose(1), absent.vendor(1), absent.restriction(1, 1)]).toEqual([false, false, ''])
})

test.each([
  ['nothing', '', /empty/],
  ['version 1', `B${aTcString.slice(1)}`, /version 1/],
  ['another version', `D${aTcString.slice(1)}`, /no TC string/],
  ['a GPP string', 'DBABMA~CQuFeUAQuFeUAD8ABEENAHEo', /no TC string/],
  ['a foreign character', aTcString.replace('Qu', 'Q*'), /cannot be decoded/],
  ['a string that was cut short', aTcString.slice(0, 40), /cannot be decoded/],
  ['two cores', `${aTcString.split('.')[0]}.${aTcString}`, /unknown or there twice/],
  ['a segment twice', `${aTcString}.IAAA`, /unknown or there twice/],
  ['an unknown segment', `${aTcString}._AAA`, /unknown or there twice/],
  ['a trailing point', `${aTcString}.`, /unknown or there twice/],
  ['a language of no letters', aTcString.replace('EEN', 'E__'), /no language/],
  ['too long a string', aTcString + 'A'.repeat(16_384), /longer than 16384/],
])('%s is present and not valid, and its problem does not quote it', (_, text, problem) => {
  const tcf = read(text)
  expect(tcf).toMatchObject({ present: true, valid: false, problem: expect.stringMatching(problem) })
  expect([tcf.purpose(4), tcf.vendor(34), tcf.cmpId, tcf.createdAt]).toEqual([false, false, 0n, new Date(0)])
  if (text !== '') expect(tcf.problem).not.toContain(text.slice(0, 12))
})

test('ranges that would keep the decoder busy are refused at once', () => {
  const everyVendor = Array.from({ length: 250 }, (_, index): [number, number, number, number] => [index % 60, 0, 1, 65_535])
  const restrictions = aRestrictedTcString(everyVendor)
  const disclosed = `${aTcString.split('.')[0]}.${asText([1, 3], [65_535, 16], [1, 1], [250, 12], ...everyVendor.flatMap((): [number, number][] => [[1, 1], [1, 16], [65_535, 16]]))}`
  const startedAtMs = performance.now()
  for (const text of [restrictions, disclosed]) expect(read(text).problem).toMatch(/more vendors than there can be/)
  expect(performance.now() - startedAtMs).toBeLessThan(1_000)
})

test('whatever the string holds, reading it gives an answer', () => {
  const edit = fc.tuple(fc.nat(aTcString.length), fc.nat(4), fc.base64String({ maxLength: 4 }))
  const mutated = fc.array(edit, { minLength: 1, maxLength: 4 }).map((edits) => {
    return edits.reduce((text, [at, cut, insert]) => text.slice(0, at) + insert + text.slice(at + cut), aTcString)
  })
  const base64 = fc.string({ unit: fc.constantFrom(...'AQIYCBDgw_-9.~'), maxLength: 400 }).map((text) => `C${text}`)
  fc.assert(
    fc.property(fc.oneof(mutated, base64, fc.string({ unit: 'binary' })), (text) => {
      const tcf = read(text)
      expect(tcf.present).toBe(true)
      expect(tcf.valid).toBe(tcf.problem === '')
      expect(typeof tcf.purpose(4)).toBe('boolean')
      expect(Number.isNaN(tcf.createdAt.getTime())).toBe(false)
    }),
    { numRuns: 2_000 },
  )
})

/** What is known of one string. */
interface Known {
  readonly tc: string
  readonly valid: boolean
  readonly cmpId: number
  readonly policyVersion: number
  readonly purposes: number[]
  readonly purposesLI: number[]
  readonly specialFeatures: number[]
  readonly vendorCount: number
  readonly vendors: number[]
  readonly vendorsLICount: number
  readonly country: string
  readonly serviceSpecific: boolean
}

const dataFolder = process.env['OTT_TEST_DATA']
const stringsFile = join(dataFolder ?? 'absent', 'consent', 'tcf_v2.jsonl')

if (dataFolder !== undefined && existsSync(stringsFile)) {
  const lines = readFileSync(stringsFile, 'utf8').trim().split('\n')
  const known = lines.map((line) => JSON.parse(line) as Known)

  test('strings made elsewhere decode to what they were made of', () => {
    const valid = known.filter((each) => each.valid)
    expect(valid.length).toBeGreaterThan(100)
    for (const each of valid) {
      const tcf = read(each.tc)
      expect([tcf.valid, tcf.cmpId, tcf.policyVersion]).toEqual([true, BigInt(each.cmpId), BigInt(each.policyVersion)])
      expect([tcf.publisherCountry, tcf.serviceSpecific]).toEqual([each.country, each.serviceSpecific])
      expect(from1To(24).filter((id) => tcf.purpose(id))).toEqual(each.purposes)
      expect(from1To(24).filter((id) => tcf.purposeLegitimateInterest(id))).toEqual(each.purposesLI)
      expect(from1To(12).filter((id) => tcf.specialFeature(id))).toEqual(each.specialFeatures)
      const vendors = from1To(65_535).filter((id) => tcf.vendor(id))
      expect([vendors.length, vendors.slice(0, each.vendors.length)]).toEqual([each.vendorCount, each.vendors])
      expect(from1To(65_535).filter((id) => tcf.vendorLegitimateInterest(id))).toHaveLength(each.vendorsLICount)
    }
  })

  test('strings that were broken elsewhere are present and not valid', () => {
    const broken = known.filter((each) => !each.valid)
    expect(broken.length).toBeGreaterThan(50)
    for (const { tc } of broken) expect(read(tc)).toMatchObject({ present: true, valid: false, problem: expect.stringMatching(/./) })
  })
} else {
  test('STRINGS MADE ELSEWHERE ABSENT (set OTT_TEST_DATA to the folder that holds consent/): the samples above are all that was read', () => {
    process.stderr.write(`consent-signals: strings made elsewhere not read: OTT_TEST_DATA names no folder with ${stringsFile}\n`)
    expect(read(aTcString).valid).toBe(true)
  })
}
