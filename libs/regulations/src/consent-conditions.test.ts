import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { aGppString, aTcString as tcString } from '@ott/consent-signals/consent-strings-fixture'
import { compileRuleSet } from './compile-rule-set.ts'
import { consentTypes } from './consent-in-cel.ts'
import { evaluate } from './evaluate.ts'
import { aPack } from './pack-fixture.ts'
import { RegulationPackError } from './regulation-pack.ts'

const gppString = aGppString({
  usca: { SaleOptOut: 1, SharingOptOut: 2, SaleOptOutNotice: 2, Gpc: true },
  ustx: { TargetedAdvertisingOptOut: 1, KnownChildSensitiveDataConsents: 2 },
})

const everything = {
  tcString,
  gppString,
  gpc: false,
  vppaConsent: { given: true, distinctAndSeparate: true, givenAt: '2025-01-15T12:00:00Z', expiresAt: '2025-12-31T00:00:00Z' },
}

const anAd = (data: object) => ({
  type: 'com.ott.ad.impression.v1',
  subject: 'viewer-7',
  time: '2025-11-15T12:00:00Z',
  data: { country: 'DE', campaignId: 'c-9', personalised: true, ...data },
})

const aRule = (when: string, more: object = {}) => compileRuleSet([aPack([{ when, ...more }])])

/** What the evidence shows of `question` for an event with `data`, whatever the answer is. */
function answerTo(question: string, data: object): unknown {
  const [found] = evaluate(anAd(data), aRule(`event.data.personalised || ${question} == ${question}`))
  return found?.values[question]
}

const bools = (receiver: string, names: string) => names.split(' ').map((name): [string, unknown, unknown] => [`${receiver}.${name}`, true, false])
const silent = (receiver: string, names: string) => names.split(' ').map((name): [string, unknown, unknown] => [`${receiver}.${name}`, false, false])
const epoch = '1970-01-01T00:00:00.000Z'

test.each<[string, unknown, unknown]>([
  ...bools('consent', 'gpc'),
  ...bools('consent.tcf', 'present valid serviceSpecific purpose(4) purposeLegitimateInterest(8) vendor(34) vendorLegitimateInterest(85)'),
  ...bools('consent.tcf', 'specialFeature(1)'),
  ...silent('consent.tcf', 'purpose(1) purposeLegitimateInterest(4) vendor(35) vendorLegitimateInterest(1) specialFeature(2)'),
  ['consent.tcf.problem', '', ''],
  ['consent.tcf.cmpId', 252, 0],
  ['consent.tcf.policyVersion', 4, 0],
  ['consent.tcf.vendorListVersion', 7, 0],
  ['consent.tcf.publisherCountry', 'NL', ''],
  ['consent.tcf.consentLanguage', 'EN', ''],
  ['consent.tcf.createdAt', '2026-11-22T00:00:00.000Z', epoch],
  ['consent.tcf.updatedAt', '2026-11-22T00:00:00.000Z', epoch],
  ['consent.tcf.restriction(2, 34)', '', ''],
  ...bools('consent.gpp', 'present valid saleOptOut targetedAdvertisingOptOut gpc knownChild knownChildConsent mspaCovered saleNoticeMissing'),
  ...silent('consent.gpp', 'sharingOptOut sensitiveDataOptOut additionalProcessingRefused processingNoticeMissing sharingNoticeMissing'),
  ...silent('consent.gpp', 'targetedAdvertisingNoticeMissing sensitiveDataNoticeMissing hasSection("usva")'),
  ...bools('consent.gpp', 'hasSection("usca")'),
  ['consent.gpp.problem', '', ''],
  ...bools('consent.gpp.section("usca")', 'present saleOptOut gpc mspaCovered saleNoticeMissing'),
  ...silent('consent.gpp.section("usca")', 'targetedAdvertisingOptOut sharingOptOut knownChild knownChildConsent sensitiveDataOptOut'),
  ...silent('consent.gpp.section("usca")', 'additionalProcessingRefused processingNoticeMissing sharingNoticeMissing'),
  ...silent('consent.gpp.section("usca")', 'targetedAdvertisingNoticeMissing sensitiveDataNoticeMissing'),
  ...silent('consent.gpp.section("usva")', 'present saleOptOut'),
  ...bools('consent.vppa', 'present given distinctAndSeparate dated validAt(instant(event.time))'),
  ...silent('consent.vppa', 'withdrawn validAt(timestamp("2026-01-01T00:00:00Z"))'),
  ['consent.vppa.givenAt', '2025-01-15T12:00:00.000Z', epoch],
  ['consent.vppa.validUntil', '2025-12-31T00:00:00.000Z', epoch],
])('%s is answered with %j, and with %j for an event without signals, and the evidence shows it', (question, answer, absent) => {
  expect(answerTo(question, everything)).toBe(answer)
  expect(answerTo(question, {})).toBe(absent)
})

test('a rule on consent fires by what the strings say, without asking whether they are there', () => {
  const noPurpose = aRule('event.data.personalised && !consent.tcf.purpose(4)')
  expect(evaluate(anAd({ tcString }), noPurpose)).toEqual([])
  expect(evaluate(anAd({}), noPurpose)[0]?.values).toEqual({ 'data.personalised': true, 'consent.tcf.purpose(4)': false })
  const late = aRule('instant(event.time) > consent.vppa.validUntil && consent.vppa.given')
  expect(evaluate(anAd({ vppaConsent: { given: true, expiresAt: '2025-11-15T11:59:59Z' } }), late)).toHaveLength(1)
  expect(evaluate(anAd({ vppaConsent: { given: true, expiresAt: '2025-11-15T12:00:00Z' } }), late)).toEqual([])
})

test('a malformed string is a finding that does not quote it', () => {
  const malformed = aRule('consent.tcf.present && !consent.tcf.valid || consent.gpp.present && !consent.gpp.valid || consent.gpp.problem != ""')
  expect(evaluate(anAd({ tcString: 'not/a/tc-string', gppString: 'nor-a-gpp-string' }), malformed)[0]?.values).toEqual({
    'consent.tcf.present': true,
    'consent.tcf.valid': false,
    'consent.gpp.present': true,
    'consent.gpp.valid': false,
    'consent.gpp.problem': 'is no GPP string: its header cannot be read',
  })
  expect(evaluate(anAd(everything), malformed)).toEqual([])
})

test('the answers are evidence beside the fields that a rule names', () => {
  const named = aRule('consent.tcf.cmpId == 252', { evidence: ['data.campaignId'] })
  expect(evaluate(anAd({ tcString }), named)[0]?.values).toEqual({ 'data.campaignId': 'c-9', 'consent.tcf.cmpId': 252 })
})

test('a question of a missing field is null in the evidence, and no failure', () => {
  const rule = aRule('event.data.personalised || consent.vppa.validAt(instant(event.data.minor ? "2026-01-01T00:00:00Z" : event.time)) || has(event.data.minor)')
  expect(evaluate(anAd({}), rule)[0]?.values).toMatchObject({ 'data.personalised': true, 'data.minor': null })
  expect(Object.values(evaluate(anAd({}), rule)[0]?.values ?? {})).toContain(null)
})

test('the strings are not read for rules that ask for nothing', () => {
  const data = { country: 'DE', campaignId: 'c-9', personalised: true }
  const trap = Object.defineProperty({ ...data }, 'tcString', {
    get: () => {
      throw new Error('read')
    },
  })
  expect(evaluate({ ...anAd({}), data: trap }, aRule('event.data.personalised'))).toHaveLength(1)
  expect(() => evaluate({ ...anAd({}), data: trap }, aRule('consent.tcf.valid'))).toThrow()
})

test.each([
  ['a method that is misspelt', '\n consent.tcf.purpos(4)', 2, 2, /purpos/],
  ['a field that is misspelt', 'true && consent.gpp.saleOptout', 1, 21, /saleOptout/],
  ['a purpose that is a text', 'consent.tcf.purpose("4")', 1, 1, /purpose\(string\)/],
  ['a purpose that no one knows', 'consent.tcf.purpose(25)', 1, 21, /from 1 to 24/],
  ['a section that no one knows', 'consent.gpp.section("ca").saleOptOut', 1, 21, /no section "ca"/],
  ['a time compared with a number', 'consent.vppa.validUntil > 4', 1, 1, /no such overload|overload/],
  ['a comparison with nothing', 'consent.tcf.purpose(4) == 1', 1, 1, /overload/],
  ['an answer that is none', 'type(consent.tcf) == bool', 1, 6, /say what of consent\.tcf is meant/],
  ['a section as an answer', 'type(consent.gpp.section("usca")) == bool', 1, 6, /say what of/],
  ['has()', 'has(consent.tcf.valid)', 1, 1, /leave has\(\) out/],
  ['a name in brackets', 'consent["tcf"].valid', 1, 1, /./],
  ['matches()', 'consent.tcf.publisherCountry.matches("D.")', 1, 1, /matches\(\) is not available/],
  ['a question of a variable', '["usca"].exists(name, consent.gpp.hasSection(name))', 1, 23, /depends on a variable/],
  ['the encoded string', 'has(event.data.tcString)', 1, 1, /data\.tcString is encoded: ask consent\.tcf/],
])('compiling refuses %s with line and column', (_, when, line, column, problem) => {
  const compiling = () => aRule(when)
  expect(compiling).toThrow(RegulationPackError)
  try {
    compiling()
  } catch (error) {
    const { problems } = error as RegulationPackError
    expect(problems[0]).toMatchObject({ rule: 'test.rule', problem: expect.stringMatching(problem) })
    expect(problems[0]?.field).toBe(`when, line ${line}, column ${column}`)
  }
})

test('evidence may not name the encoded string', () => {
  expect(() => aRule('event.data.personalised', { evidence: ['data.gppString'] })).toThrow(/data\.gppString is encoded/)
})

test('the table of questions names all there are', () => {
  const table = readFileSync(new URL('../../consent-signals/README.md', import.meta.url), 'utf8')
  const names = consentTypes.flatMap(({ fields, methods = {} }) => [...Object.keys(fields), ...Object.keys(methods)])
  expect(names.filter((name) => !new RegExp(`[.\`]${name}[(.\`]`).test(table))).toEqual([])
})
