import type { TenantDirectory } from '@ott/auth/tenant-directory'
import type { Labels } from '@ott/alert-routing/alert'
import type { Route } from '@ott/alert-routing/configuration'
import { onCallAt, nextHandoverMs, shiftsBetween } from '@ott/alert-routing/on-call'
import { redactConfiguration } from '@ott/alert-routing/redact-configuration'
import { groupKeyOf, groupLabelsOf, matchRoutes } from '@ott/alert-routing/routing-tree'
import { callerOf } from '@ott/graphql/caller'
import { authenticate, tenantOf } from '@ott/http/authenticate'
import { jsonBody, readBody } from '@ott/http/read-body'
import { expectedVersion, tagOf } from '@ott/http/version-tag'
import type { Database } from '@ott/postgres/database'
import express, { type Express, type Response } from 'express'
import { z } from 'zod'
import { configurationInForce, readCurrent, type ConfigurationItem, type Configurations } from './configuration-store.ts'
import { defaultConfigurationText } from './default-configuration.ts'
import { putConfiguration } from './put-configuration.ts'

export interface ConfigurationRoutesOptions {
  readonly directory: Pick<TenantDirectory, 'findByKey' | 'keyIdOf' | 'isCaughtUp'>
  readonly database: Database
  readonly configurations: Configurations
  readonly nowMs: () => number
}

const textBytesMax = 262_144
const yamlType = 'application/yaml'
const routeTest = z.strictObject({ labels: z.record(z.string().max(128), z.string().max(1_024)) })
const weekMs = 7 * 86_400_000

/** `/v1/alerting/configuration` and what follows from it: routes, and who is on call. */
export function addConfigurationRoutes(app: Express, { directory, database, configurations, nowMs }: ConfigurationRoutesOptions): void {
  const authenticated = authenticate(directory)
  const inForce = (tenantId: string) => configurationInForce({ database, configurations }, tenantId)
  const answer = (response: Response, current: ConfigurationItem | undefined) =>
    void response.set('etag', tagOf(current?.version ?? 0)).type(yamlType).send(current === undefined ? defaultConfigurationText : redactConfiguration(current.text))

  app.put('/v1/alerting/configuration', authenticated, express.text({ limit: textBytesMax, type: () => true }), async (request, response) => {
    const { tenantId, keyId } = callerOf(request, response, directory)
    const text = typeof request.body === 'string' ? request.body : ''
    answer(response, await putConfiguration(database, tenantId, { text, by: keyId, expected: expectedVersion(request) }, nowMs()))
  })
  app.get('/v1/alerting/configuration', authenticated, async (_request, response) => {
    const { tenantId } = tenantOf(response)
    answer(response, await database.transaction([tenantId], (sql) => readCurrent(sql, tenantId)))
  })
  app.get('/v1/routes', authenticated, async (_request, response) => {
    response.json(shownRoute((await inForce(tenantOf(response).tenantId)).route))
  })
  app.post('/v1/routes\\:test', authenticated, jsonBody(65_536), async (request, response) => {
    const { labels } = readBody(request, routeTest)
    const { route } = await inForce(tenantOf(response).tenantId)
    response.json({ routes: matchRoutes(route, labels).map((taken) => takenRoute(taken, labels)) })
  })
  app.get('/v1/on-call', authenticated, async (_request, response) => {
    const { onCallSchedules, timeIntervals } = await inForce(tenantOf(response).tenantId)
    const now = nowMs()
    response.json({
      items: onCallSchedules.map((schedule) => ({
        schedule: schedule.name,
        timeZone: schedule.timeZone,
        receiver: onCallAt(schedule, timeIntervals, now) ?? null,
        nextHandover: timeOf(nextHandoverMs(schedule, timeIntervals, now)),
        shifts: shiftsBetween(schedule, timeIntervals, now, now + weekMs).map(({ receiver, fromMs, untilMs }) => ({ receiver, from: timeOf(fromMs), until: timeOf(untilMs) })),
      })),
    })
  })
}

function timeOf(ms: number | undefined): string | null {
  return ms === undefined ? null : new Date(ms).toISOString()
}

/** A route as it is shown, with what it has inherited. */
export function shownRoute(route: Route): Record<string, unknown> {
  return {
    receiver: route.receiver,
    matchers: route.matchers.map(({ name, operator, value }) => `${name}${operator}${JSON.stringify(value)}`),
    continue: route.continues,
    groupBy: route.groupBy === 'all' ? ['...'] : route.groupBy,
    groupWaitMs: route.groupWaitMs,
    groupIntervalMs: route.groupIntervalMs,
    repeatIntervalMs: route.repeatIntervalMs,
    muteTimeIntervals: route.muteTimeIntervals,
    activeTimeIntervals: route.activeTimeIntervals,
    escalation: route.escalation ?? null,
    routes: route.routes.map(shownRoute),
  }
}

function takenRoute(route: Route, labels: Labels) {
  const groupLabels = groupLabelsOf(route, labels)
  return { receiver: route.receiver, groupKey: groupKeyOf(route, groupLabels), groupLabels, escalation: route.escalation ?? null }
}
