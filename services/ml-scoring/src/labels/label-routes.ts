import type { TenantDirectory } from '@ott/auth/tenant-directory'
import { callerOf } from '@ott/graphql/caller'
import { authenticate, tenantOf } from '@ott/http/authenticate'
import { pageOf, readPageRequest } from '@ott/http/page'
import { Problem } from '@ott/http/problem'
import { jsonBody, readBody } from '@ott/http/read-body'
import type { Database } from '@ott/postgres/database'
import type { Express } from 'express'
import { z } from 'zod'
import { listLabels, setLabel, verdicts, type Label } from './label-store.ts'

const labelRequest = z.strictObject({ eventId: z.string().min(1).max(256), verdict: z.enum(verdicts), note: z.string().max(2_000).default('') })

export interface LabelRoutesOptions {
  readonly directory: Pick<TenantDirectory, 'findByKey' | 'keyIdOf' | 'isCaughtUp'>
  readonly database: Database
}

/** `POST /v1/labels`, `GET /v1/labels`: what people who looked into cases say of them, for the models to learn from. */
export function addLabelRoutes(app: Express, { directory, database }: LabelRoutesOptions): void {
  const authenticated = authenticate(directory)
  app.post('/v1/labels', authenticated, jsonBody(16_384), async (request, response) => {
    const { tenantId, keyId } = callerOf(request, response, directory)
    const label = await setLabel(database, tenantId, { ...readBody(request, labelRequest), labelledBy: keyId })
    if (label === undefined) throw new Problem(404, 'not-found', 'no event of this id has been processed')
    response.status(201).json(shown(label))
  })
  app.get('/v1/labels', authenticated, async (request, response) => {
    const page = readPageRequest(request)
    const labels = await listLabels(database, tenantOf(response).tenantId, page)
    response.json(pageOf(labels, page, shown, ({ labelledAt, eventId }) => ({ at: labelledAt.toISOString(), id: eventId })))
  })
}

function shown({ eventTime, labelledAt, ...rest }: Label) {
  return { ...rest, eventTime: eventTime.toISOString(), labelledAt: labelledAt.toISOString() }
}
