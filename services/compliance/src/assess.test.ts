import { describe, expect, test } from '@jest/globals'
import { buildEvent } from '@ott/contracts/define-event'
import { eventAccepted, type EventAccepted } from '@ott/contracts/event-accepted'
import type { EventAssessed } from '@ott/contracts/event-assessed'
import type { Received } from '@ott/pipeline/define-stage'
import { compileRuleSet, type CompiledRuleSet } from '@ott/regulations/compile-rule-set'
import type { CompiledRule } from '@ott/regulations/compiled-rule'
import { loadPacks } from '@ott/regulations/load-packs'
import { assess as assessEvent } from './assess.ts'
import { rulesInForce } from './rules-in-force.ts'

const packs = await loadPacks()
const builtin = compileRuleSet(packs)
const assess = (received: Received<EventAccepted>, live: CompiledRuleSet) => assessEvent(received, { rules: rulesInForce(live), timelines: [], failedRules: [] }, 0)

function accepted(type: string, data: Record<string, unknown>): Received<EventAccepted> {
  const time = '2026-03-01T12:00:00Z'
  const event = buildEvent(eventAccepted, {
    id: 'key',
    subject: 'viewer-1',
    time,
    tenantid: 'acme',
    data: { event: { id: 'e-1', source: '/app', type, time, data }, receivedAt: time },
  })
  const record = { topic: eventAccepted.topic, partition: 0, offset: 0n, timestampMs: 0, key: 'acme:viewer-1', value: null, headers: {} }
  return { record, event, tenantId: 'acme', subject: 'viewer-1', time, id: 'key', traceparent: undefined }
}

function assessedBy(rules: CompiledRuleSet, received: Received<EventAccepted>): EventAssessed['data'] {
  const { outcome, emits } = assess(received, rules)
  expect([outcome.kind, emits.length]).toEqual(['emitted', 1])
  return emits[0]?.data as EventAssessed['data']
}

const sharing = accepted('com.ott.viewing-history.shared.v1', { country: 'US', recipient: 'adnet', purpose: 'ads' })

test('viewing history shared without consent is found with the section it breaks, under the rules in force', () => {
  const { findings, ruleSetVersion, event } = assessedBy(builtin, sharing)
  expect(findings).toEqual([expect.objectContaining({ rule: 'vppa.2710b.no-consent', regulation: 'vppa', citation: expect.stringContaining('2710(b)') })])
  expect(ruleSetVersion).toBe(builtin.version)
  expect(event).toEqual(sharing.event.data.event)
})

test('an event that breaks nothing goes on without findings', () => {
  const assessed = assessedBy(builtin, accepted('com.ott.playback.started.v1', { contentId: 'c-1' }))
  expect(assessed.findings).toEqual([])
  expect(assessed).not.toHaveProperty('failedRules')
})

test('a rule that can not be evaluated is named, the others judge all the same and the event goes on', () => {
  const rulesOf = builtin.for('com.ott.viewing-history.shared.v1', 'US')
  const broken = { ...rulesOf[0], id: 'test.broken', key: 'broken', holds: () => { throw new Error('no such function') } } as unknown as CompiledRule
  const rules: CompiledRuleSet = { ...builtin, version: 'test-1', byKey: new Map([...builtin.byKey, ['broken', broken]]), for: () => [broken, ...rulesOf] }
  const { failedRules, findings, event } = assessedBy(rules, sharing)
  expect(failedRules).toEqual(['test.broken'])
  expect(findings.map(({ rule }) => rule)).toEqual(['vppa.2710b.no-consent'])
  expect(event.id).toBe('e-1')
})

test('the same event and rules give the same bytes', () => {
  expect(JSON.stringify(assess(sharing, builtin))).toBe(JSON.stringify(assess(sharing, builtin)))
})

test('what screening found goes on with the event, and nothing where it found nothing', () => {
  const screening = { classes: ['sqli'], findings: [{ path: 'data.title', classes: ['sqli'], excerpt: '1' }] }
  const marked = { ...sharing, event: { ...sharing.event, data: { ...sharing.event.data, screening } } }
  expect(assessedBy(builtin, marked).screening).toEqual(screening)
  expect(assessedBy(builtin, sharing)).not.toHaveProperty('screening')
})

describe('a candidate in shadow', () => {
  const vppa = packs.filter(({ regulation }) => regulation === 'vppa')
  const laxer = compileRuleSet(vppa.map((pack) => ({ ...pack, rules: pack.rules.map((rule) => (rule.id === 'vppa.2710b.no-consent' ? { ...rule, severity: 'low' as const } : rule)) })), 'acme')
  const silent = compileRuleSet(vppa.map((pack) => ({ ...pack, rules: pack.rules.filter(({ id }) => id !== 'vppa.2710b.no-consent') })), 'acme')
  const judged = (shadows: { id: string; rules: CompiledRuleSet }[]) => assessEvent(sharing, { rules: rulesInForce(builtin, shadows), timelines: [], failedRules: [] }, 0)

  test('changes nothing of what goes on', () => {
    const { emits } = judged([{ id: 'a', rules: laxer }, { id: 'b', rules: silent }])
    expect(JSON.stringify(emits)).toBe(JSON.stringify(assess(sharing, builtin).emits))
  })

  test('leaves a row each that tells what it would have decided otherwise, any number of them', () => {
    const rows = judged([{ id: 'a', rules: laxer }, { id: 'b', rules: silent }, { id: 'c', rules: builtin }]).rows
    expect(rows).toMatchObject([
      { table: 'shadow', ruleSetId: 'a', ruleSetVersion: laxer.version, diff: { added: [], removed: [], severityChanged: [{ rule: 'vppa.2710b.no-consent', from: 'critical', to: 'low' }] } },
      { table: 'shadow', ruleSetId: 'b', diff: { added: [], removed: ['vppa.2710b.no-consent'] } },
      { table: 'shadow', ruleSetId: 'c', diff: { both: ['vppa.2710b.no-consent'], added: [], removed: [], severityChanged: [] } },
    ])
  })

  test('that fails says nothing of the rules in force', () => {
    const broken = { ...laxer.rules[0], key: 'broken', holds: () => { throw new Error('no such function') } } as unknown as CompiledRule
    const all = { ...builtin, for: () => [broken] }
    const { emits } = assessEvent(sharing, { rules: { ...rulesInForce(builtin), all }, timelines: [], failedRules: [] }, 0)
    expect(emits[0]?.data).not.toHaveProperty('failedRules')
  })
})
