import type { TenantDirectory } from '@ott/auth/tenant-directory'
import { readCloudEvents } from '@ott/contracts/cloud-event-binding'
import { describeProblems } from '@ott/contracts/result'
import { authenticate, tenantOf } from '@ott/http/authenticate'
import { Problem } from '@ott/http/problem'
import { publishInSpans } from '@ott/telemetry/trace-publish'
import { currentTraceparent } from '@ott/telemetry/tracing'
import express, { type Express, type Request } from 'express'
import type { CoalescingPublisher } from './coalescing-publisher.ts'
import { describeRefusal, receiveEvents } from './receive-events.ts'
import type { RefusalCounter } from './refusal-counter.ts'
import type { ScreeningCounter } from './screening-metrics.ts'

const bodyBytesMax = 1_048_576
const batchEventsMax = 1_000

export interface EventRoutesOptions {
  readonly directory: TenantDirectory
  readonly publisher: CoalescingPublisher
  readonly refusals: RefusalCounter
  readonly screened: ScreeningCounter
  readonly nowMs: () => number
}

/** `POST /v1/events`: 202 when every event is kept, 207 when some are, 400, 403 or 422 when none is. */
export function addEventRoutes(app: Express, { directory, publisher, refusals, screened, nowMs }: EventRoutesOptions): void {
  app.post('/v1/events', authenticate(directory), express.raw({ limit: bodyBytesMax, type: () => true }), async (request, response) => {
    const { tenantId, screening } = tenantOf(response)
    const refuse = (problem: Problem, count: number): never => {
      refusals.add(tenantId, 'invalid', count)
      throw problem
    }
    const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
    const read = readCloudEvents(headersOf(request), body, 'http')
    if (!read.ok) return refuse(new Problem(400, 'invalid-event', describeProblems(read.problems), { errors: read.problems }), 1)
    if (read.value.length > batchEventsMax) {
      return refuse(new Problem(413, 'too-large', `a batch may hold ${batchEventsMax} events, this one holds ${read.value.length}`), read.value.length)
    }
    if (read.value.length === 0) return refuse(new Problem(400, 'invalid-event', '(body): holds no event'), 1)

    const traceparent = currentTraceparent() ?? request.get('traceparent')
    const { results, records, forbidden, attacks } = receiveEvents(read.value, { tenantId, nowMs: nowMs(), traceparent, blocksAttacks: screening === 'block' })
    const refused = results.length - records.length
    for (const classes of attacks) screened(tenantId, classes, 'refused')
    if (records.length === 0) {
      const [status, code] = forbidden ? ([403, 'forbidden'] as const) : attacks.length === refused ? ([422, 'attack-detected'] as const) : ([400, 'invalid-event'] as const)
      refuse(new Problem(status, code, describeRefusal(results), { extra: { results }, errors: results[0]?.errors ?? [] }), refused)
    }
    await publishInSpans(records, (traced) => publisher.publish(traced))
    if (refused > 0) refusals.add(tenantId, 'invalid', refused)
    response.status(refused > 0 ? 207 : 202).json({ results })
  })
}

function headersOf(request: Request): Record<string, string | undefined> {
  return request.headers as Record<string, string | undefined>
}
