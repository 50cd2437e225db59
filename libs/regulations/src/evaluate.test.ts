import { expect, test } from '@jest/globals'
import { describeProblems } from '@ott/contracts/result'
import { checkViewerEvent } from '@ott/contracts/viewer-event'
import { viewerEventTypes } from '@ott/contracts/viewer-event-types'
import { finding } from '@ott/contracts/event-assessed'
import fc from 'fast-check'
import { z } from 'zod'
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

interface JsonSchema {
  type?: string
  enum?: string[]
  format?: string
  pattern?: string
  properties?: Record<string, JsonSchema>
  required?: string[]
  additionalProperties?: JsonSchema | false
  items?: JsonSchema
  anyOf?: JsonSchema[]
  minimum?: number
  maximum?: number
  minLength?: number
  maxLength?: number
  minItems?: number
}

const words = [
  ...['ads', 'essential', 'viewing-history-sharing', 'parental-authorisation', 'marketing', 'analytics', 'health', 'request-processing'],
  ...['constructor', 'toString', ''],
]
const times = fc
  .tuple(
    fc.date({ min: new Date('0001-01-02T00:00:00Z'), max: new Date('2026-01-15T12:00:00Z'), noInvalidDate: true }),
    fc.stringMatching(/^(\.[0-9]{1,20})?$/),
    fc.constantFrom('Z', '+15:59', '-00:00', '+05:30'),
  )
  .map(([date, fraction, offset]) => date.toISOString().slice(0, 19) + fraction + offset)

/** Any value a contract allows, likely enough to be one that rules care about. */
function arbitraryOf(schema: JsonSchema): fc.Arbitrary<unknown> {
  if (schema.enum) return fc.constantFrom(...schema.enum)
  if (schema.anyOf) return fc.oneof(...schema.anyOf.map(arbitraryOf))
  if (schema.format === 'date-time') return times
  if (schema.format === 'ipv4') return fc.ipV4()
  if (schema.format === 'ipv6') return fc.constant('2001:db8::1')
  if (schema.pattern) return fc.constantFrom('DE', 'US', 'IN', 'CH')
  if (schema.type === 'string') {
    const { minLength = 0, maxLength = 20 } = schema
    const fitting = words.filter(({ length }) => length >= minLength && length <= maxLength)
    return fc.oneof(fc.constantFrom(...fitting), fc.string({ minLength, maxLength: Math.min(maxLength, 20) }))
  }
  if (schema.type === 'boolean') return fc.boolean()
  if (schema.type === 'integer') return fc.integer({ min: schema.minimum ?? 0, max: Math.min(schema.maximum ?? 2e9, 2e9) })
  if (schema.type === 'number') return fc.double({ min: schema.minimum ?? 0, max: schema.maximum ?? 1e6, noNaN: true })
  if (schema.type === 'array') {
    return fc.array(arbitraryOf(schema.items ?? {}), { minLength: schema.minItems ?? 0, maxLength: 5 })
  }
  if (schema.properties) {
    const fields = Object.fromEntries(Object.entries(schema.properties).map(([name, each]) => [name, arbitraryOf(each)]))
    return fc.record(fields, { requiredKeys: schema.required ?? [] })
  }
  if (schema.type === 'object') {
    const keys = fc.oneof(fc.constantFrom(...words), fc.string({ maxLength: 20 }))
    return fc.dictionary(keys, arbitraryOf(schema.additionalProperties || {}), { maxKeys: 4 })
  }
  return fc.jsonValue()
}

const anyEvent = fc
  .constantFrom(...(Object.keys(viewerEventTypes) as (keyof typeof viewerEventTypes)[]))
  .chain((type) => {
    const data = arbitraryOf(z.toJSONSchema(viewerEventTypes[type]) as JsonSchema)
    return fc.record({ type: fc.constant(type), subject: fc.constant('viewer-7'), time: times, data })
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
    { numRuns: 5_000 },
  )
  expect(found).toBeGreaterThan(100)
})
