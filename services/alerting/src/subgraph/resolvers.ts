import { randomUUID } from 'node:crypto'
import { onCallAt, nextHandoverMs } from '@ott/alert-routing/on-call'
import type { AlertStatus } from '@ott/contracts/alert-changed'
import { problemsOf } from '@ott/contracts/define-event'
import type { Caller } from '@ott/graphql/caller'
import { refusal } from '@ott/graphql/graphql-errors'
import { idOf, listPageOf, readListArguments, type ListPage } from '@ott/graphql/list-page'
import { loadTogether, type Loader } from '@ott/graphql/load-together'
import { refusing } from '@ott/graphql/refusing'
import type { SubgraphResolvers } from '@ott/graphql/subgraph'
import type { z } from 'zod'
import { listAlerts, readAlerts, readAlertsOf, type AlertItem } from '../alerts/alert-store.ts'
import { acknowledgeAlert, type TellOptions } from '../alerts/tell-alerts.ts'
import { shownRoute } from '../configuration/configuration-routes.ts'
import { configurationInForce, type Configurations } from '../configuration/configuration-store.ts'
import { shownReceivers } from '../configuration/receiver-health.ts'
import { deliveryFields, deliveryMutations, deliveryQueries } from './delivery-resolvers.ts'
import { createSilence, expireSilence } from '../silences/silence-actions.ts'
import { newSilence, newSnooze, shownSilence, silenceRequest, snoozeRequest } from '../silences/silence-request.ts'
import { listSilences, readSilence, type SilenceItem } from '../silences/silence-store.ts'

/** What resolvers work with, made for one operation of one caller. */
export interface AlertingContext extends TellOptions {
  readonly caller: Caller
  readonly configurations: Configurations
  readonly nowMs: () => number
  readonly alerts: Loader<AlertItem>
  readonly alertsOfViolation: Loader<readonly AlertItem[]>
}

export type AlertingSources = TellOptions & Pick<AlertingContext, 'configurations' | 'nowMs'>

export function alertingContext(sources: AlertingSources, caller: Caller): AlertingContext {
  const { database } = sources
  return {
    ...sources,
    caller,
    alerts: loadTogether((ids) => readAlerts(database, caller.tenantId, ids)),
    alertsOfViolation: loadTogether((violationIds) => readAlertsOf(database, caller.tenantId, violationIds)),
  }
}

interface AlertArguments {
  readonly first: number
  readonly after?: string | null
  readonly status?: AlertStatus | null
  readonly subject?: string | null
  readonly rule?: string | null
  readonly severity?: string | null
}

/** See schema.graphql. Names that a type and its row share need no resolver. */
export const resolvers = {
  Query: {
    alert: (_root: unknown, { id }: { id: string }, { alerts }: AlertingContext) => alerts.load(idOf(id)),
    async alerts(_root: unknown, { status, subject, rule, severity, ...range }: AlertArguments, { caller, database }: AlertingContext): Promise<ListPage<AlertItem>> {
      const page = readListArguments(range)
      const filter = { status: status ?? undefined, subject: subject ?? undefined, rule: rule ?? undefined, severity: severity ?? undefined }
      return listPageOf(await listAlerts(database, caller.tenantId, filter, page), page, ({ createdAt, id }) => ({ at: createdAt, id }))
    },
    async silence(_root: unknown, { id }: { id: string }, { caller, database }: AlertingContext) {
      return (await database.transaction([caller.tenantId], (sql) => readSilence(sql, caller.tenantId, idOf(id)))) ?? null
    },
    async silences(_root: unknown, { state, ...range }: { first: number; after?: string | null; state?: string | null }, { caller, database, nowMs }: AlertingContext) {
      const page = readListArguments(range)
      const silences = await listSilences(database, caller.tenantId, { state: state ?? undefined, nowMs: nowMs() }, page)
      return listPageOf(silences, page, ({ createdAtMs, id }) => ({ at: new Date(createdAtMs).toISOString(), id }))
    },
    alertRoute: async (_root: unknown, _none: unknown, context: AlertingContext) => shownRoute((await configurationInForce(context, context.caller.tenantId)).route),
    receivers: async (_root: unknown, _none: unknown, context: AlertingContext) => shownReceivers(context.database, context.caller.tenantId, await configurationInForce(context, context.caller.tenantId)),
    ...deliveryQueries,
    async onCall(_root: unknown, _none: unknown, context: AlertingContext) {
      const { onCallSchedules, timeIntervals } = await configurationInForce(context, context.caller.tenantId)
      return onCallSchedules.map((schedule) => {
        const handoverMs = nextHandoverMs(schedule, timeIntervals, context.nowMs())
        const receiver = onCallAt(schedule, timeIntervals, context.nowMs())
        return { schedule: schedule.name, timeZone: schedule.timeZone, receiver, nextHandover: handoverMs === undefined ? undefined : new Date(handoverMs).toISOString() }
      })
    },
  },
  Mutation: {
    async acknowledgeAlert(_root: unknown, { id, note }: { id: string; note?: string | null }, context: AlertingContext): Promise<AlertItem> {
      const { caller, database, nowMs } = context
      const request = { id: idOf(id), by: caller.keyId, note: note?.slice(0, 2_000) }
      await acknowledgeAlert(context, caller.tenantId, request, nowMs())
      const alert = (await readAlerts(database, caller.tenantId, [request.id])).get(request.id)
      if (alert === undefined) throw refusal('NOT_FOUND', 'there is no alert of this id')
      if (alert.status === 'resolved') throw refusal('CONFLICT', 'the alert is over: there is nothing left to take care of')
      return alert
    },
    createSilence: (_root: unknown, given: Record<string, unknown>, context: AlertingContext) =>
      refusing(() => {
        const { caller, database, nowMs } = context
        const silence = newSilence(checked(silenceRequest, given), { id: randomUUID(), by: caller.keyId, nowMs: nowMs() })
        return createSilence(database, caller.tenantId, silence, nowMs())
      }),
    snoozeSubject: (_root: unknown, given: Record<string, unknown>, context: AlertingContext) =>
      refusing(() => {
        const { caller, database, nowMs } = context
        const silence = newSnooze(checked(snoozeRequest, given), { id: randomUUID(), by: caller.keyId, nowMs: nowMs() })
        return createSilence(database, caller.tenantId, silence, nowMs())
      }),
    ...deliveryMutations,
    expireSilence: (_root: unknown, { id }: { id: string }, { caller, database, nowMs }: AlertingContext) => refusing(() => expireSilence(database, caller.tenantId, idOf(id), nowMs())),
  },
  Violation: {
    async alerts({ id }: { id: string }, _none: unknown, { alertsOfViolation }: AlertingContext): Promise<readonly AlertItem[]> {
      return (await alertsOfViolation.load(idOf(id))) ?? []
    },
  },
  Alert: {
    __resolveReference: ({ id }: { id: string }, { alerts }: AlertingContext) => alerts.load(idOf(id)),
    violation: ({ violationId }: AlertItem) => (violationId === null ? null : { id: violationId }),
  },
  Delivery: deliveryFields,
  Silence: {
    state: (silence: SilenceItem, _none: unknown, { nowMs }: AlertingContext) => shownSilence(silence, nowMs()).status.state,
    matchers: (silence: SilenceItem) => shownSilence(silence, 0).matchers,
    startsAt: ({ startsAtMs }: SilenceItem) => new Date(startsAtMs).toISOString(),
    endsAt: ({ endsAtMs }: SilenceItem) => new Date(endsAtMs).toISOString(),
  },
} satisfies SubgraphResolvers<AlertingContext>

/** Arguments that are null are absent. */
function checked<Schema extends z.ZodType>(schema: Schema, given: Record<string, unknown>): z.infer<Schema> {
  const parsed = schema.safeParse(Object.fromEntries(Object.entries(given).filter(([, value]) => value !== null)))
  if (!parsed.success) throw refusal('BAD_USER_INPUT', problemsOf(parsed.error).map(({ field, problem }) => `${field}: ${problem}`).join('; '))
  return parsed.data
}
