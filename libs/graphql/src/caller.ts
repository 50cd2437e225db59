import { apiKeyOf } from '@ott/auth/api-key'
import type { TenantDirectory } from '@ott/auth/tenant-directory'
import { tenantOf } from '@ott/http/authenticate'
import type { Request, Response } from 'express'

/** Who asks: found by the credential before GraphQL is looked at, never taken from a query. */
export interface Caller {
  readonly tenantId: string
  /** Which of the tenant's API keys was used. */
  readonly keyId: string
}

/** The caller of a request that `authenticate` has let through. */
export function callerOf(request: Request, response: Response, directory: Pick<TenantDirectory, 'keyIdOf'>): Caller {
  return {
    tenantId: tenantOf(response).tenantId,
    // Few operations want to know it: the key is hashed again only for those.
    get keyId() {
      return directory.keyIdOf(apiKeyOf(request.headers) ?? '') ?? ''
    },
  }
}
