import { randomUUID } from 'node:crypto'
import type { TenantDirectory } from '@ott/auth/tenant-directory'
import { callerOf } from '@ott/graphql/caller'
import { authenticate, tenantOf } from '@ott/http/authenticate'
import { pageOf, readPageRequest } from '@ott/http/page'
import { invalidRequest, Problem } from '@ott/http/problem'
import { queryText, shortText } from '@ott/http/query-text'
import { jsonBody, readBody } from '@ott/http/read-body'
import { expectedVersion, tagOf } from '@ott/http/version-tag'
import type { Database } from '@ott/postgres/database'
import type { Express, Request, Response } from 'express'
import { createSilence, expireSilence, updateSilence } from './silence-actions.ts'
import { newSilence, newSnooze, shownSilence, silenceChange, silenceRequest, snoozeRequest } from './silence-request.ts'
import { listSilences, readSilence, type SilenceItem } from './silence-store.ts'

export interface SilenceRoutesOptions {
  readonly directory: Pick<TenantDirectory, 'findByKey' | 'keyIdOf' | 'isCaughtUp'>
  readonly database: Database
  readonly nowMs: () => number
}

const bodyBytesMax = 65_536
const states = ['pending', 'active', 'expired']

/** `/v1/silences`: alerts that nobody is told of for a while. */
export function addSilenceRoutes(app: Express, { directory, database, nowMs }: SilenceRoutesOptions): void {
  const authenticated = authenticate(directory)
  const answer = (response: Response, silence: SilenceItem, status = 200) => void response.status(status).set('etag', tagOf(silence.version)).json(shownSilence(silence, nowMs()))

  app.post('/v1/silences', authenticated, jsonBody(bodyBytesMax), async (request, response) => {
    const { tenantId, keyId } = callerOf(request, response, directory)
    const silence = newSilence(readBody(request, silenceRequest), { id: randomUUID(), by: keyId, nowMs: nowMs() })
    answer(response.location(`/v1/silences/${silence.id}`), await createSilence(database, tenantId, silence, nowMs()), 201)
  })
  app.post('/v1/silences\\:snooze', authenticated, jsonBody(bodyBytesMax), async (request, response) => {
    const { tenantId, keyId } = callerOf(request, response, directory)
    const silence = newSnooze(readBody(request, snoozeRequest), { id: randomUUID(), by: keyId, nowMs: nowMs() })
    answer(response.location(`/v1/silences/${silence.id}`), await createSilence(database, tenantId, silence, nowMs()), 201)
  })
  app.get('/v1/silences', authenticated, async (request, response) => {
    const page = readPageRequest(request)
    const state = queryText(request, 'state')
    if (state !== undefined && !states.includes(state)) throw invalidRequest([{ field: 'state', problem: `must be one of ${states.join(', ')}` }])
    const silences = await listSilences(database, tenantOf(response).tenantId, { state, nowMs: nowMs() }, page)
    response.json(pageOf(silences, page, (silence) => shownSilence(silence, nowMs()), ({ createdAtMs, id }) => ({ at: new Date(createdAtMs).toISOString(), id })))
  })
  app.get('/v1/silences/:id', authenticated, async (request, response) => {
    const { tenantId } = tenantOf(response)
    const silence = await database.transaction([tenantId], (sql) => readSilence(sql, tenantId, idOf(request)))
    if (silence === undefined) throw new Problem(404, 'not-found', 'there is no silence of this id')
    answer(response, silence)
  })
  app.patch('/v1/silences/:id', authenticated, jsonBody(bodyBytesMax), async (request, response) => {
    const change = { id: idOf(request), change: readBody(request, silenceChange), expected: expectedVersion(request) }
    answer(response, await updateSilence(database, tenantOf(response).tenantId, change, nowMs()))
  })
  app.delete('/v1/silences/:id', authenticated, async (request, response) => {
    answer(response, await expireSilence(database, tenantOf(response).tenantId, idOf(request), nowMs()))
  })
}

function idOf(request: Request): string {
  return shortText(String(request.params['id']))
}
