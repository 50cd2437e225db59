import { GppModel } from '@iabgpp/cmpapi'
import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { aGppString, asText, aTcString } from './consent-strings-fixture.ts'
import { decodeGppString, gppSectionNames } from './decode-gpp-string.ts'
import { GppConsent } from './gpp-consent.ts'

const read = (text: string) => new GppConsent(decodeGppString(text))

const usSections = ['usnat', 'usca', 'usva', 'usco', 'usut', 'usct', 'usfl', 'usmt', 'usor', 'ustx', 'usde', 'usia', 'usne', 'usnh', 'usnj', 'ustn', 'usmn', 'usmd', 'usin', 'usky', 'usri']

test.each(usSections)('%s: an opt-out is told by its section and by the whole string, a refusal to opt out is none', (name) => {
  const out = read(aGppString({ [name]: { SaleOptOut: 1, SaleOptOutNotice: 2, MspaCoveredTransaction: 2 } }))
  expect(out.problem).toBe('')
  expect(out).toMatchObject({ present: true, valid: true, saleOptOut: true, saleNoticeMissing: true, mspaCovered: false })
  expect(out.section(name)).toMatchObject({ present: true, saleOptOut: true, sharingOptOut: false })
  expect([out.hasSection(name), out.hasSection('uspv1')]).toEqual([true, false])
  const stayed = read(aGppString({ [name]: { SaleOptOut: 2, SaleOptOutNotice: 1, MspaCoveredTransaction: 1 } }))
  expect(stayed).toMatchObject({ valid: true, saleOptOut: false, saleNoticeMissing: false, mspaCovered: true })
})

test.each([
  ['usnat', { SharingOptOut: 1 }, 'sharingOptOut'],
  ['usca', { SharingOptOut: 1 }, 'sharingOptOut'],
  ['ustx', { TargetedAdvertisingOptOut: 1 }, 'targetedAdvertisingOptOut'],
  ['usva', { SensitiveDataProcessing: [0, 0, 0, 0, 0, 0, 0, 1] }, 'sensitiveDataOptOut'],
  ['usnat', { PersonalDataConsents: 1 }, 'additionalProcessingRefused'],
  ['ustx', { AdditionalDataProcessingConsent: 1 }, 'additionalProcessingRefused'],
  ['usco', { Gpc: true }, 'gpc'],
  ['usnat', { KnownChildSensitiveDataConsents: [0, 1, 0] }, 'knownChild'],
  ['usva', { KnownChildSensitiveDataConsents: 2 }, 'knownChildConsent'],
  ['usut', { SharingNotice: 2 }, 'processingNoticeMissing'],
  ['usia', { ProcessingNotice: 2 }, 'processingNoticeMissing'],
  ['usca', { SharingOptOutNotice: 2 }, 'sharingNoticeMissing'],
  ['usct', { TargetedAdvertisingOptOutNotice: 2 }, 'targetedAdvertisingNoticeMissing'],
  ['usca', { SensitiveDataLimitUseNotice: 2 }, 'sensitiveDataNoticeMissing'],
  ['usnat', { SensitiveDataProcessingOptOutNotice: 2 }, 'sensitiveDataNoticeMissing'],
  ['usia', { SensitiveDataOptOutNotice: 2 }, 'sensitiveDataNoticeMissing'],
  ['uspv1', { OptOutSale: 'Y' }, 'saleOptOut'],
  ['uspv1', { Notice: 'N' }, 'saleNoticeMissing'],
] as const)('%s with %j answers yes to %s alone', (name, fields, answer) => {
  const gpp = read(aGppString({ [name]: { ...(name === 'uspv1' ? {} : { MspaCoveredTransaction: 2 }), ...fields } }))
  expect(gpp.problem).toBe('')
  expect(gpp[answer]).toBe(true)
  const yes = Object.entries(gpp.section(name)).filter(([key, value]) => key !== 'present' && value)
  expect(yes.map(([key]) => key)).toEqual(answer === 'knownChildConsent' ? ['knownChild', 'knownChildConsent'] : [answer])
})

test('a refusal in one section outweighs the consent in another for a known child', () => {
  const child = (usva: number, ustx: number) =>
    read(aGppString({ usva: { KnownChildSensitiveDataConsents: usva }, ustx: { KnownChildSensitiveDataConsents: ustx } }))
  expect(child(2, 2)).toMatchObject({ knownChild: true, knownChildConsent: true })
  expect(child(2, 1)).toMatchObject({ knownChild: true, knownChildConsent: false })
  expect(child(2, 0)).toMatchObject({ knownChild: true, knownChildConsent: true })
  expect(child(0, 0)).toMatchObject({ knownChild: false, knownChildConsent: false })
})

test('one section of several decides for the whole string', () => {
  const gpp = read(aGppString({ usca: { SaleOptOut: 2 }, ustx: { SaleOptOut: 1 } }))
  expect([gpp.saleOptOut, gpp.section('usca').saleOptOut, gpp.section('ustx').saleOptOut, gpp.section('usva').present]).toEqual([true, false, true, false])
})

test('the TC string of a GPP string comes out as it went in', () => {
  const [core] = aTcString.split('.')
  const text = `${aGppString({ tcfeuv2: { CmpId: 5 }, usca: { SaleOptOut: 1 } }).split('~')[0]}~${core}~${aGppString({ usca: { SaleOptOut: 1 } }).split('~')[1]}`
  expect(read(text)).toMatchObject({ problem: '', tcString: core, saleOptOut: true })
  expect(read(text).hasSection('tcfeuv2')).toBe(true)
})

test('a section newer than the decoder is passed over', () => {
  const ids = asText([3, 6], [1, 6], [1, 12], [0, 1], [3, 11]) // 89
  expect(read(`${ids}~anything`)).toMatchObject({ valid: true, saleOptOut: false })
})

test('the names that conditions may use are those of the decoder', () => {
  expect([...gppSectionNames]).toEqual(expect.arrayContaining([...usSections, 'tcfeuv2', 'tcfcav1', 'uspv1']))
})

test('without a string every question has an answer', () => {
  expect(GppConsent.absent).toMatchObject({ present: false, valid: false, problem: '', saleOptOut: false, gpc: false, knownChildConsent: false })
  expect([GppConsent.absent.hasSection('usca'), GppConsent.absent.section('usca').present]).toEqual([false, false])
})

const one = aGppString({ usca: { SaleOptOut: 1 } })
const [header = '', section = ''] = one.split('~')

test.each([
  ['nothing', '', /empty/],
  ['a TC string', aTcString, /header/],
  ['another type', `E${one.slice(1)}`, /header/],
  ['another version', one.replace('DB', 'DC'), /header/],
  ['a header that was cut short', 'DBA', /header/],
  ['a section too few', header, /more or fewer/],
  ['a section too many', `${one}~${section}`, /more or fewer/],
  ['an empty section', `${header}~`, /cannot be decoded/],
  ['a section that was cut short', one.slice(0, -4), /cannot be decoded/],
  ['a foreign character', one.replace('~B', '~*'), /cannot be decoded/],
  ['a version of a section that no one knows', one.replace('~B', '~z'), /unknown version/],
  ['a reserved value', `${header}~${asText([1, 6], [3, 2], [0, 60])}`, /reserved/],
  ['too long a section', `${one}${'A'.repeat(300)}`, /too long/],
  ['too long a string', `${one}~${'A'.repeat(16_384)}`, /longer than 16384/],
])('%s is present and not valid, and its problem does not quote it', (_, text, problem) => {
  const gpp = read(text)
  expect(gpp).toMatchObject({ present: true, valid: false, problem: expect.stringMatching(problem), saleOptOut: false })
  if (text !== '') expect(gpp.problem).not.toContain(text)
})

test('a header that names more sections than any memory holds is refused at once', () => {
  // A range that starts at 1 and ends at the Fibonacci number of 120 bits.
  const text = `${asText([3, 6], [1, 6], [1, 12], [1, 1], [3, 2], ...Array.from({ length: 118 }, (): [number, number] => [0, 1]), [3, 2])}~A`
  const startedAtMs = performance.now()
  expect(read(text).problem).toMatch(/header/)
  expect(performance.now() - startedAtMs).toBeLessThan(1_000)
})

test('whatever the string holds, reading it gives an answer', () => {
  const sample = aGppString({ usnat: { SaleOptOut: 1, Gpc: true }, usca: { SaleOptOut: 1 }, ustx: { SaleOptOut: 2 }, uspv1: { OptOutSale: 'Y' } })
  const edit = fc.tuple(fc.nat(sample.length), fc.nat(4), fc.string({ unit: fc.constantFrom(...'ABQYZagz_-09~.'), maxLength: 4 }))
  const mutated = fc.array(edit, { minLength: 1, maxLength: 4 }).map((edits) => {
    return edits.reduce((text, [at, cut, insert]) => text.slice(0, at) + insert + text.slice(at + cut), sample)
  })
  const base64 = fc.string({ unit: fc.constantFrom(...'ABQYZagz_-09~.'), maxLength: 300 }).map((text) => `DB${text}`)
  fc.assert(
    fc.property(fc.oneof(mutated, base64, fc.string({ unit: 'binary' })), (text) => {
      const gpp = read(text)
      expect(gpp.valid).toBe(gpp.problem === '')
      expect(typeof gpp.saleOptOut).toBe('boolean')
    }),
    { numRuns: 3_000 },
  )
})

test('the header is read as the decoder reads it', () => {
  const names = fc.uniqueArray(fc.constantFrom(...usSections), { minLength: 1 })
  fc.assert(
    fc.property(names, (chosen) => {
      const text = aGppString(Object.fromEntries(chosen.map((name) => [name, { SaleOptOut: 2 }])))
      const known = new GppModel(text).getSectionIds().length
      expect([known, usSections.filter((name) => read(text).hasSection(name)).toSorted()]).toEqual([chosen.length, chosen.toSorted()])
    }),
    { numRuns: 200 },
  )
})
