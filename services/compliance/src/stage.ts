import { eventAccepted, type EventAccepted } from '@ott/contracts/event-accepted'
import { eventAssessed } from '@ott/contracts/event-assessed'
import { defineStage, readerOf, type Received, type SavedRow } from '@ott/pipeline/define-stage'
import type { Sql } from '@ott/postgres/database'
import { mayHaveSteps, mustRemember, type MatchedStep } from '@ott/regulations/observe'
import { emptyTimeline } from '@ott/regulations/timeline'
import { assess, matchSteps, type Circumstances, type ComplianceRow, type HeldTimeline } from './assess.ts'
import type { RulesInForce } from './rules-in-force.ts'
import { saveShadow } from './shadow/shadow-store.ts'
import { holdTimelines, saveTimelines, timelineId } from './timeline-store.ts'

export interface ComplianceStageOptions {
  /** The rules in force for a tenant, at this moment. */
  inForce(tenantId: string): RulesInForce
  /** How late an event may arrive and still count, for rules about several events. */
  readonly latenessMs: number
}

type Batch = readonly Received<EventAccepted>[]

/** What is known of a batch before anything is fetched. */
interface Prepared {
  readonly rules: ReadonlyMap<string, RulesInForce>
  readonly matches: ReadonlyMap<Received<EventAccepted>, Matched>
}

/** What a batch is judged with. */
interface Facts extends Prepared {
  readonly timelines: Map<string, Pick<HeldTimeline, 'timeline' | 'revision'>>
}

interface Matched {
  readonly steps: ReadonlyMap<string, readonly MatchedStep[]>
  readonly failedRules: readonly string[]
}

/** accepted → assessed. Only events that matter to rules about several events, or that candidates judge, too, need the database. */
export function complianceStage({ inForce, latenessMs }: ComplianceStageOptions) {
  const prepare = (batch: Batch): Prepared => {
    const rules = new Map<string, RulesInForce>()
    for (const { tenantId } of batch) if (!rules.has(tenantId)) rules.set(tenantId, inForce(tenantId))
    const matches = new Map<Received<EventAccepted>, Matched>()
    for (const received of batch) {
      const own = rules.get(received.tenantId)
      if (own === undefined || !mayHaveSteps(received.event.data.event, own.all)) continue
      const failedRules: string[] = []
      const steps = matchSteps(received, own.all, ({ key }) => failedRules.push(key))
      if (steps.size > 0 || failedRules.length > 0) matches.set(received, { steps, failedRules })
    }
    return { rules, matches }
  }
  // A batch is judged by the rules that were in force when it was asked for a transaction, though they may change while it waits for one.
  const prepared = new WeakMap<Batch, Prepared>()

  return defineStage({
    name: 'compliance',
    read: readerOf(eventAccepted),
    produces: [eventAssessed],
    needsNoTransaction(batch) {
      const known = prepare(batch)
      prepared.set(batch, known)
      const hasSteps = [...known.matches.values()].some(({ steps }) => steps.size > 0)
      return !hasSteps && [...known.rules.values()].every(({ shadows }) => shadows.length === 0)
    },
    async load(batch: Batch, sql: Sql | undefined): Promise<Facts> {
      const known = prepared.get(batch) ?? prepare(batch)
      const wanted = [...known.matches].flatMap(([{ tenantId }, { steps }]) => [...steps].map(([name, own]) => ({ tenantId, name, isMade: mustRemember(own) })))
      const held = wanted.length === 0 || sql === undefined ? [] : await holdTimelines(wanted, sql)
      return { ...known, timelines: new Map([...held].map(([id, timeline]) => [id, { timeline, revision: 0 }])) }
    },
    recall({ rules, matches, timelines }: Facts, received): Circumstances {
      const { steps, failedRules } = matches.get(received) ?? noMatches
      const held = [...steps].map(([name, own]) => ({ name, steps: own, ...(timelines.get(timelineId(received.tenantId, name)) ?? { timeline: emptyTimeline, revision: 0 }) }))
      return { rules: rules.get(received.tenantId) ?? inForce(received.tenantId), timelines: held, failedRules }
    },
    decide: (received: Received<EventAccepted>, known: Circumstances) => assess(received, known, latenessMs),
    remember({ timelines }: Facts, { tenantId }, { timelines: held }: Circumstances) {
      for (const { name, timeline, revision } of held) timelines.set(timelineId(tenantId, name), { timeline, revision })
    },
    async save(rows: readonly SavedRow<EventAccepted, ComplianceRow>[], sql: Sql | undefined) {
      if (sql === undefined) return
      await saveTimelines(rows.flatMap(({ received, row }) => (row.table === 'timelines' ? [{ received, row }] : [])), sql)
      await saveShadow(rows.flatMap(({ received, row }) => (row.table === 'shadow' ? [{ received, row }] : [])), sql)
    },
  })
}

const noMatches: Matched = { steps: new Map(), failedRules: [] }
