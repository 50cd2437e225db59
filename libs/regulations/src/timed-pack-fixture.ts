import { compileRuleSet } from './compile-rule-set.ts'
import type { CompiledRuleSet } from './compile-rule-set.ts'
import type { ObservedEvent } from './observe.ts'
import { aPack } from './pack-fixture.ts'

/** Types that {@link timedRules} look at. */
export const timedTypes = {
  ad: 'com.ott.ad.impression.v1',
  profile: 'com.ott.ad-profile.built.v1',
  consent: 'com.ott.consent.changed.v1',
  exported: 'com.ott.personal-data.exported.v1',
  accessed: 'com.ott.personal-data.accessed.v1',
  requested: 'com.ott.data-subject-request.received.v1',
  answered: 'com.ott.data-subject-request.answered.v1',
} as const

/** A rule about one event, two about sequences and one with a deadline, for tests. `overrides` of a rule, by the last part of its id. */
export function timedRules(overrides: Readonly<Record<string, object>> = {}): CompiledRuleSet {
  const rules = [
    { id: 'test.personalised' },
    {
      id: 'test.profiled-after-withdrawal',
      eventTypes: [timedTypes.profile],
      when: 'true',
      message: 'M',
      after: { eventTypes: [timedTypes.consent], when: '!event.data.granted', within: 'PT24H' },
      unless: { eventTypes: [timedTypes.consent], when: 'event.data.granted' },
    },
    {
      id: 'test.harvest',
      eventTypes: [timedTypes.exported],
      when: 'event.data.actorRole == "employee"',
      message: 'M',
      after: { eventTypes: [timedTypes.accessed], within: 'PT1H', atLeast: 2, distinct: 'subject', per: 'data.actor' },
    },
    {
      id: 'test.unanswered',
      eventTypes: [timedTypes.requested],
      when: 'event.data.right == "access"',
      message: 'M',
      deadline: { within: 'P30D', match: 'data.requestId', until: { eventTypes: [timedTypes.answered] } },
    },
  ]
  const changed = rules.map((rule) => ({ jurisdictions: 'worldwide', ...rule, ...overrides[rule.id.slice('test.'.length)] }))
  return compileRuleSet([aPack(changed)], 'test')
}

export const storyStartMs = Date.parse('2026-01-15T12:00:00Z')

/** An event some hours into a story. */
export function inStory(index: number, type: string, hours: number, data: Record<string, unknown>, subject = 'viewer-1'): ObservedEvent {
  const atMs = storyStartMs + hours * 3_600_000
  return { key: `event-${index}`, type, subject, time: new Date(atMs).toISOString(), receivedAtMs: atMs, data }
}

/** Data that fits each type. `n` picks among few values, so that events concern each other. */
export function storyData(type: string, n: number): Record<string, unknown> {
  const actor = { actor: `e-${n % 2}`, actorRole: n % 3 === 0 ? 'partner' : 'employee' }
  switch (type) {
    case timedTypes.ad:
      return { campaignId: 'c', personalised: n % 2 === 0 }
    case timedTypes.profile:
      return { segments: ['s'] }
    case timedTypes.consent:
      return { purpose: 'ads', granted: n % 2 === 0 }
    case timedTypes.requested:
      return { requestId: `r-${n % 3}`, right: n % 4 === 0 ? 'erasure' : 'access' }
    case timedTypes.answered:
      return { requestId: `r-${n % 3}` }
    default:
      return { ...actor, records: 1 }
  }
}
