import { notificationOf } from '@ott/alert-routing/notification'
import type { TenantDirectory } from '@ott/auth/tenant-directory'
import { derivedId } from '@ott/contracts/derived-id'
import { authenticate, tenantOf } from '@ott/http/authenticate'
import { Problem } from '@ott/http/problem'
import { shortText } from '@ott/http/query-text'
import type { Database } from '@ott/postgres/database'
import { randomUUID } from 'node:crypto'
import type { Express, Request } from 'express'
import { enableReceiver } from '../deliveries/destination-health.ts'
import type { NewDelivery } from '../deliveries/new-delivery.ts'
import { queueDeliveries } from '../deliveries/queue-deliveries.ts'
import { configurationInForce, type Configurations } from './configuration-store.ts'
import { shownReceivers, type ShownReceiver } from './receiver-health.ts'

export interface ReceiverRoutesOptions {
  readonly directory: Pick<TenantDirectory, 'findByKey' | 'isCaughtUp'>
  readonly database: Database
  readonly configurations: Configurations
  readonly nowMs: () => number
}

/** `/v1/receivers`: how those fare whom the configuration names. */
export function addReceiverRoutes(app: Express, { directory, database, configurations, nowMs }: ReceiverRoutesOptions): void {
  const authenticated = authenticate(directory)
  const all = async (tenantId: string) => shownReceivers(database, tenantId, await configurationInForce({ database, configurations }, tenantId))
  const find = async (tenantId: string, name: string): Promise<ShownReceiver> => {
    const receiver = (await all(tenantId)).find((each) => each.name === name)
    if (receiver === undefined) throw new Problem(404, 'not-found', 'the configuration names no such receiver')
    return receiver
  }

  app.get('/v1/receivers', authenticated, async (_request, response) => {
    response.json({ items: await all(tenantOf(response).tenantId) })
  })
  app.post('/v1/receivers/:name\\:enable', authenticated, async (request, response) => {
    const { tenantId } = tenantOf(response)
    const receiver = await find(tenantId, nameOf(request))
    await database.transaction([tenantId], (sql) => enableReceiver(sql, tenantId, receiver.name))
    response.json(await find(tenantId, receiver.name))
  })
  app.post('/v1/receivers/:name\\:test', authenticated, async (request, response) => {
    const { tenantId } = tenantOf(response)
    const receiver = await find(tenantId, nameOf(request))
    const messages = receiver.integrations.flatMap((integration) => testMessages(tenantId, receiver.name, integration, nowMs()))
    await database.transaction([tenantId], (sql) => queueDeliveries(sql, messages, nowMs()))
    response.status(202).json(receiver)
  })
}

/** A message that says it is a test and, for those who hear of ends, one that takes it back: nobody is left with an incident. */
function testMessages(tenantId: string, receiver: string, { key, sendResolved }: ShownReceiver['integrations'][number], nowMs: number): NewDelivery[] {
  const test = randomUUID()
  const labels = { alertname: 'Test', severity: 'low' }
  const alert = { id: test, labels, annotations: { summary: 'A test: nothing is wrong' }, startsAtMs: nowMs, updatedAtMs: nowMs, isAcknowledged: false }
  const about = { groupKey: `test/${test}`, route: { receiver }, groupLabels: labels, maxAlerts: 0, externalUrl: '', nowMs }
  const [firing, resolved] = [{ ...alert, endsAtMs: undefined }, { ...alert, endsAtMs: nowMs }]
  const notifications = [notificationOf({ ...about, firing: [firing], resolved: [] }), ...(sendResolved ? [notificationOf({ ...about, firing: [], resolved: [resolved] })] : [])]
  return notifications.map((notification) => ({
    tenantId,
    messageId: derivedId(test, 'deliveries', notification.status),
    destination: { kind: 'receiver', receiver, integration: key },
    lane: test,
    eventType: `alert.${notification.status}`,
    content: { kind: 'notification', notification },
    traceparent: undefined,
  }))
}

function nameOf(request: Request): string {
  return shortText(String(request.params['name']))
}
