import { expect, test } from '@jest/globals'
import { describeProblems } from '@ott/contracts/result'
import { checkViewerEvent } from '@ott/contracts/viewer-event'
import { finding } from '@ott/contracts/event-assessed'
import fc from 'fast-check'
import { anyEvent } from './any-event-fixture.ts'
import { compileRuleSet } from './compile-rule-set.ts'
import { evaluate, RuleEvaluationError } from './evaluate.ts'
import { loadPacks } from './load-packs.ts'
import { aPack } from './pack-fixture.ts'

const builtin = compileRuleSet(await loadPacks())
const base = { subject: 'viewer-7', time: '2026-01-15T12:00:00Z' }
const anAd = (data: object) => ({
  ...base,
  type: 'com.ott.ad.impression.v1',
  data: { country: 'DE', campaignId: 'c-9', personalised: true, ...data },
})
const aSharing = (data: object) => ({ ...base, type: 'com.ott.viewing-history.shared.v1', data: { recipient: 'adnet', ...data } })

test('a viewer who withdrew consent is never profiled for ads without a finding that cites the law', () => {
  expect(evaluate(anAd({ consent: { ads: false } }), builtin)).toEqual([
    {
      rule: 'gdpr.art7.withdrawn-consent',
      regulation: 'gdpr',
      citation: 'GDPR Art. 7(3)',
      severity: 'high',
      message: expect.stringContaining('Campaign c-9 '),
      remediation: expect.any(String),
      values: { 'data.personalised': true, 'data.consent.ads': false },
    },
  ])
})

test('an event that breaks several rules gives a finding for each, in the order of the packs', () => {
  const found = evaluate(anAd({ minor: true, gpc: true, consent: { ads: false } }), builtin)
  expect(found.map(({ rule }) => rule)).toEqual([
    'dsa.art28.minor-profiled-for-ads',
    'gdpr.art7.withdrawn-consent',
    'gdpr.art8.minor-profiled-for-ads',
    'gdpr.art21.objection-to-marketing',
  ])
})

test('the evidence shows an absent field as null', () => {
  const [found] = evaluate(anAd({}), builtin)
  expect(found).toMatchObject({ rule: 'gdpr.art7.consent-not-demonstrable', values: { 'data.personalised': true, 'data.consent': null } })
})

test('the evidence of wrongly shared titles does not repeat the titles', () => {
  const found = evaluate(aSharing({ country: 'US', purpose: 'ads', titles: ['A film'] }), builtin)
  expect(found.map(({ rule }) => rule)).toContain('vppa.2710b.titles-for-marketing')
  expect(JSON.stringify(found)).not.toContain('A film')
})

test('a placeholder of an absent field reads "not stated"', () => {
  expect(evaluate(aSharing({ country: 'DE' }), builtin)[0]?.message).toContain('purpose: not stated')
})

test.each([undefined, 'ZZ', 7])('an event whose country is %j is judged by worldwide rules only', (country) => {
  expect(evaluate(anAd({ country, consent: { ads: false } }), builtin)).toEqual([])
  const worldwide = compileRuleSet([aPack([{ jurisdictions: 'worldwide' }])])
  expect(evaluate(anAd({ country }), worldwide)).toHaveLength(1)
})

// `records` is required of a checked event, which gets its default on receipt, so that conditions needn't ask for it.
const exports = aPack([
  {
    id: 'test.records',
    eventTypes: ['com.ott.personal-data.exported.v1'],
    when: 'event.data.records > 5',
    message: 'M',
  },
  {
    id: 'test.role',
    eventTypes: ['com.ott.personal-data.exported.v1'],
    when: 'event.data.actorRole == "partner"',
    message: 'M',
  },
])
const anExport = (data: object) => ({
  ...base,
  type: 'com.ott.personal-data.exported.v1',
  data: { country: 'DE', actorRole: 'partner', ...data },
})

test('a field that is missing without having been asked for means that the rule is not broken', () => {
  expect(evaluate(anExport({}), compileRuleSet([exports])).map(({ rule }) => rule)).toEqual(['test.role'])
})

test('an error in one rule is reported by the name of the rule, and the other rules judge all the same', () => {
  const failures: RuleEvaluationError[] = []
  const found = evaluate(anExport({ records: 'secret-value' }), compileRuleSet([exports]), (failure) => failures.push(failure))
  expect(found.map(({ rule }) => rule)).toEqual(['test.role'])
  expect(failures).toEqual([expect.objectContaining({ name: 'RuleEvaluationError', rule: 'test.records' })])
  expect(failures[0]?.message).toContain('test.records')
  expect(failures[0]?.message).not.toContain('secret-value')
})

test('a condition whose value is not true or false is an error, not a verdict', () => {
  const failures: RuleEvaluationError[] = []
  expect(evaluate(anAd({ personalised: 'yes' }), compileRuleSet([aPack()]), (failure) => failures.push(failure))).toEqual([])
  expect(failures.map(({ rule }) => rule)).toEqual(['test.rule'])
})

test('an error that nobody takes is thrown rather than hidden', () => {
  expect(() => evaluate(anExport({ records: 'x' }), compileRuleSet([exports]))).toThrow(RuleEvaluationError)
})

test.each([true, null, 'x', {}])('a key called constructor switches no rule off, whatever its value: %j', (value) => {
  const consent = { constructor: value, ads: false }
  expect(evaluate(anAd({ consent }), builtin).map(({ rule }) => rule)).toEqual(['gdpr.art7.withdrawn-consent'])
  expect(evaluate(anAd({ constructor: value, consent: { ads: false } }), builtin)).toHaveLength(1)
  expect(evaluate(anAd({ constructor: value, consent: { ads: true } }), builtin)).toEqual([])
  const mayShare = { constructor: value, 'viewing-history-sharing': true }
  expect(evaluate(aSharing({ country: 'DE', consent: mayShare }), builtin)).toEqual([])
})

test('any event that ingest accepts is judged without an error, into valid findings, the same way twice', () => {
  let found = 0
  fc.assert(
    fc.property(anyEvent, (event) => {
      const written = { specversion: '1.0', id: 'e-1', source: '/test', ...event }
      const checked = checkViewerEvent(written, Date.parse('2026-01-20T00:00:00Z'))
      if (!checked.ok) throw new Error(`not an event that ingest accepts: ${describeProblems(checked.problems)}`)
      const accepted = checked.value
      const before = JSON.stringify(accepted)
      const findings = evaluate(accepted, builtin)
      for (const each of findings) expect(finding.safeParse(each).success).toBe(true)
      expect(evaluate(accepted, builtin)).toEqual(findings)
      expect(JSON.stringify(accepted)).toBe(before)
      found += findings.length
    }),
    { numRuns: 1_000 },
  )
  expect(found).toBeGreaterThan(100)
})
