import { createApiKey, hashApiKey } from '@ott/auth/api-key'
import { readCredentials, writeCredentials } from './credentials-file.ts'
import type { TenantStore } from './tenant-store.ts'

/** The tenants a new installation starts with. */
export const firstTenants = [
  { tenantId: 'acme', name: 'Acme Streaming', riskThreshold: 0.7 },
  { tenantId: 'globex', name: 'Globex Pictures', riskThreshold: 0.7 },
] as const

/**
 * Makes the first tenants and a key for each that has none in the file. The database holds hashes only, so a lost file
 * is answered with new keys; the old ones stay valid. The file is written before the hash is kept: a crash in between
 * leaves a key that doesn't work yet and is completed at the next start.
 */
export async function ensureFirstTenants(store: TenantStore, credentialsFile: string): Promise<void> {
  const credentials = await readCredentials(credentialsFile)
  for (const tenant of firstTenants) {
    await store.create(tenant)
    const apiKey = credentials[tenant.tenantId]?.apiKey ?? createApiKey()
    if (credentials[tenant.tenantId] === undefined) {
      credentials[tenant.tenantId] = { apiKey }
      await writeCredentials(credentialsFile, credentials)
    }
    const sha256 = hashApiKey(apiKey)
    const known = (await store.read(tenant.tenantId))?.apiKeys.some((key) => key.sha256 === sha256) ?? false
    if (!known) await store.addKey(tenant.tenantId, sha256)
  }
}
