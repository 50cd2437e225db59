import { compileRuleSet, type CompiledRuleSet } from '@ott/regulations/compile-rule-set'
import type { ObservedEvent } from '@ott/regulations/observe'
import { parseRegulationPack } from '@ott/regulations/regulation-pack'
import { keptEvent, type KeptEvent } from './compliance-database.ts'

const ad = 'com.ott.ad.impression.v1'
const accessed = 'com.ott.personal-data.accessed.v1'
const exported = 'com.ott.personal-data.exported.v1'
const requested = 'com.ott.data-subject-request.received.v1'
const answered = 'com.ott.data-subject-request.answered.v1'

const about = {
  title: 'A rule',
  citation: 'Test § 1',
  source: 'https://example.com/law',
  severity: 'low',
  message: 'M',
  remediation: 'R',
  examples: ['a', 'b', 'c', 'd'].map((name, n) => ({ name, fires: n < 2, data: {} })),
}

interface Strictness {
  readonly severity?: string
  readonly campaigns?: string
  readonly viewers?: number
  readonly within?: string
}

/** Rules about one event, about several by viewer and by employee, and about an answer. */
function rulesOf({ severity = 'low', campaigns = 'true', viewers = 3, within = 'P30D' }: Strictness): CompiledRuleSet {
  const rules = [
    { ...about, id: 'test.personalised', eventTypes: [ad], when: `event.data.personalised && ${campaigns}`, severity },
    {
      ...{ ...about, id: 'test.harvest', eventTypes: [exported], when: 'event.data.actorRole == "employee"' },
      after: { eventTypes: [accessed], within: 'PT1H', atLeast: viewers, distinct: 'subject', per: 'data.actor' },
    },
    {
      ...{ ...about, id: 'test.unanswered', eventTypes: [requested], when: 'true' },
      deadline: { within, match: 'data.requestId', until: { eventTypes: [answered] } },
    },
  ]
  return compileRuleSet([parseRegulationPack(JSON.stringify({ regulation: 'test', name: 'Test', jurisdictions: 'worldwide', rules }), 'test.yaml')], 'test')
}

export const liveRules = rulesOf({})
export const candidateRules = rulesOf({ severity: 'high', campaigns: 'event.data.campaignId != "c-0"', viewers: 2, within: 'P7D' })

export const backtestStartMs = Date.parse('2026-01-15T00:00:00Z')
export const backtestEndMs = Date.parse('2026-03-15T00:00:00Z')
export const backtestLatenessMs = 86_400_000

/** Events of some weeks: viewers and employees that come again, over three partitions, the same each time. */
export function someWeeks(count: number): KeptEvent[] {
  let seed = 7
  const next = (below: number) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648
    return Math.floor((seed / 2_147_483_648) * below)
  }
  return Array.from({ length: count }, (_, n) => {
    const viewer = next(count / 10 + 2)
    // An hour's worth of events, then hours of silence.
    const receivedAtMs = backtestStartMs + Math.floor(Math.floor(n / 40) * ((50 * 86_400_000 * 40) / count)) + (n % 40) * 60_000
    const late = next(10) === 0 ? next(3_600_000) : 0
    const actor = { actor: `e-${next(4)}`, actorRole: next(5) === 0 ? 'partner' : 'employee', records: 1 }
    const requestId = `r-${next(count / 8 + 2)}`
    const kinds: [string, Record<string, unknown>][] = [
      [ad, { campaignId: `c-${next(3)}`, personalised: next(2) === 0 }],
      [accessed, actor],
      [exported, actor],
      [requested, { requestId, right: 'access' }],
      [answered, { requestId, outcome: 'fulfilled' }],
    ]
    const [type, data] = kinds[next(kinds.length)] ?? [ad, {}]
    const event: ObservedEvent = { key: '', type, subject: `viewer-${viewer}`, time: new Date(receivedAtMs - late).toISOString(), receivedAtMs, data }
    return keptEvent(n, event, viewer % 3)
  })
}
