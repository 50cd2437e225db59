import { apiKeyOf } from '@ott/auth/api-key'
import type { TenantDirectory } from '@ott/auth/tenant-directory'
import type { TenantConfiguration } from '@ott/contracts/tenant-configured'
import type { IncomingHttpHeaders } from 'node:http'
import type { RequestHandler, Response } from 'express'
import { Problem, unavailable } from './problem.ts'

/** Lets a request through when its API key is known, and notes whose it is; otherwise 401, or 503 before the keys are read. */
export function authenticate(directory: Pick<TenantDirectory, 'findByKey' | 'isCaughtUp'>): RequestHandler {
  return (request, response, next) => {
    const tenant = authenticatedTenant(request.headers, directory)
    response.locals['tenantId'] = tenant.tenantId
    response.locals['tenant'] = tenant
    next()
  }
}

/** The tenant of the key that a request carries; throws the Problem for one without a known key. */
export function authenticatedTenant(headers: IncomingHttpHeaders, directory: Pick<TenantDirectory, 'findByKey' | 'isCaughtUp'>): TenantConfiguration {
  const key = apiKeyOf(headers)
  const tenant = key === undefined ? undefined : directory.findByKey(key)
  if (tenant !== undefined) return tenant
  if (key !== undefined && !directory.isCaughtUp()) throw unavailable('the API keys are still being read')
  throw new Problem(401, 'unauthenticated', 'send a valid key as "x-api-key" or "authorization: Bearer"')
}

/** The tenant that {@link authenticate} found. */
export function tenantOf(response: Response): TenantConfiguration {
  return response.locals['tenant'] as TenantConfiguration
}
