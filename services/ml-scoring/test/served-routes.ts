import { callForTest } from '@ott/http/call-for-test'
import { serveForTest } from '@ott/http/serve-for-test'
import type { Express } from 'express'
import type { Answer } from './registry-fixture.ts'

export interface ServedRoutes extends AsyncDisposable {
  /** Calls as `ann` of a tenant of `callers`; without a key for `''`. A body that is text goes as it is; an answer without one is `{}`. */
  call(method: string, path: string, body?: unknown, tenant?: string): Promise<Answer>
}

/** Routes on a port of their own. */
export async function serveRoutes(routes: (app: Express) => void): Promise<ServedRoutes> {
  const app = await serveForTest({ routes })
  return {
    call: (method, path, body, tenant = 'acme') =>
      callForTest(app.url, { method, path, body, headers: tenant === '' ? {} : { 'x-api-key': `key-of-${tenant}-ann` } }) as Promise<Answer>,
    [Symbol.asyncDispose]: () => app[Symbol.asyncDispose](),
  }
}
