import { silencedBy } from '@ott/alert-routing/silence'
import type { TenantDirectory } from '@ott/auth/tenant-directory'
import { alertStatuses } from '@ott/contracts/alert-changed'
import { checkSafeJson } from '@ott/contracts/safe-json'
import { problemsOf } from '@ott/contracts/define-event'
import { callerOf } from '@ott/graphql/caller'
import { authenticate, tenantOf } from '@ott/http/authenticate'
import { pageOf, readPageRequest } from '@ott/http/page'
import { invalidRequest, Problem } from '@ott/http/problem'
import { queryText, shortText } from '@ott/http/query-text'
import { jsonBody, readBody } from '@ott/http/read-body'
import type { Express, Request } from 'express'
import { z } from 'zod'
import type { Configurations } from '../configuration/configuration-store.ts'
import { activeSilences } from '../silences/silence-store.ts'
import { listAlerts, readAlerts, type AlertItem } from './alert-store.ts'
import { postedAlerts } from './posted-alerts.ts'
import { takePostedAlerts } from './take-posted-alerts.ts'
import { acknowledgeAlert, type TellOptions } from './tell-alerts.ts'

export interface AlertRoutesOptions extends TellOptions {
  readonly directory: Pick<TenantDirectory, 'findByKey' | 'keyIdOf' | 'isCaughtUp'>
  readonly configurations: Configurations
  readonly nowMs: () => number
}

const acknowledgement = z.strictObject({ note: z.string().max(2_000).optional() })

/** `/v1/alerts`: what fires, who takes care of it, and alerts that a tenant's own programs tell of. */
export function addAlertRoutes(app: Express, options: AlertRoutesOptions): void {
  const { directory, database, nowMs } = options
  const authenticated = authenticate(directory)
  const withSilences = async (tenantId: string, alerts: readonly AlertItem[]) => {
    const silences = alerts.length === 0 ? [] : await database.transaction([tenantId], (sql) => activeSilences(sql, tenantId, nowMs()))
    return new Map(alerts.map(({ id, labels }) => [id, silencedBy(silences, labels, nowMs())?.id ?? null]))
  }

  app.get('/v1/alerts', authenticated, async (request, response) => {
    const { tenantId } = tenantOf(response)
    const page = readPageRequest(request)
    const status = queryText(request, 'status')
    if (status !== undefined && !(alertStatuses as readonly string[]).includes(status)) throw invalidRequest([{ field: 'status', problem: `must be one of ${alertStatuses.join(', ')}` }])
    const filter = { status, violationId: queryText(request, 'violationId'), subject: queryText(request, 'subject'), rule: queryText(request, 'rule'), severity: queryText(request, 'severity') }
    const items = await listAlerts(database, tenantId, filter, page)
    const silencedOf = await withSilences(tenantId, items)
    response.json(pageOf(items, page, (item) => ({ ...item, silencedBy: silencedOf.get(item.id) ?? null }), ({ createdAt, id }) => ({ at: createdAt, id })))
  })
  app.get('/v1/alerts/:id', authenticated, async (request, response) => {
    const { tenantId } = tenantOf(response)
    const alert = await find(tenantId, idOf(request))
    response.json({ ...alert, silencedBy: (await withSilences(tenantId, [alert])).get(alert.id) ?? null })
  })
  app.post('/v1/alerts', authenticated, jsonBody(1_048_576), async (request, response) => {
    const safe = checkSafeJson(request.body ?? [])
    if (!safe.ok) throw invalidRequest(safe.problems)
    const parsed = postedAlerts.safeParse(safe.value)
    if (!parsed.success) throw invalidRequest(problemsOf(parsed.error))
    await takePostedAlerts(options, tenantOf(response).tenantId, parsed.data, nowMs())
    response.json({ accepted: parsed.data.length })
  })
  app.post('/v1/alerts/:id\\:acknowledge', authenticated, jsonBody(8_192), async (request, response) => {
    const { tenantId, keyId } = callerOf(request, response, directory)
    const { note } = readBody(request, acknowledgement)
    await find(tenantId, idOf(request))
    await acknowledgeAlert(options, tenantId, { id: idOf(request), by: keyId, note }, nowMs())
    const alert = await find(tenantId, idOf(request))
    if (alert.status === 'resolved') throw new Problem(409, 'conflict', 'the alert is over: there is nothing left to take care of')
    response.json(alert)
  })

  async function find(tenantId: string, id: string): Promise<AlertItem> {
    const alert = (await readAlerts(database, tenantId, [id])).get(id)
    if (alert === undefined) throw new Problem(404, 'not-found', 'there is no alert of this id')
    return alert
  }
}

function idOf(request: Request): string {
  return shortText(String(request.params['id']))
}
