import { tenantConfigured, type TenantConfiguration } from '@ott/contracts/tenant-configured'
import type { Bus } from '@ott/pipeline/bus'
import { followConfiguration } from '@ott/pipeline/follow-configuration'
import { hashApiKey } from './api-key.ts'

/** Every tenant's configuration in force, as the compacted topic says. Reads are from memory. */
export interface TenantDirectory {
  /** The tenant a key belongs to. */
  findByKey(key: string): TenantConfiguration | undefined
  /** The id of a key in force, for saying who did something; the key itself is never kept. */
  keyIdOf(key: string): string | undefined
  get(tenantId: string): TenantConfiguration | undefined
  all(): readonly TenantConfiguration[]
  /** True once everything that was in the topic at the start has been read. */
  isCaughtUp(): boolean
  onChange(listener: (tenant: TenantConfiguration) => void): void
  stop(): Promise<void>
}

export interface FollowTenantsOptions {
  readonly bus: Bus
  /** Unique to this process: every process reads the whole topic. */
  readonly group: string
  onInvalid(detail: string): void
  onFatal(error: Error): void
}

/** Follows the configuration topic from its beginning. Never commits: the topic itself is the memory. */
export async function followTenants({ bus, group, onInvalid, onFatal }: FollowTenantsOptions): Promise<TenantDirectory> {
  const tenants = new Map<string, TenantConfiguration>()
  const byKeyHash = new Map<string, TenantConfiguration>()
  const listeners: ((tenant: TenantConfiguration) => void)[] = []

  const put = (configuration: TenantConfiguration) => {
    for (const { sha256 } of tenants.get(configuration.tenantId)?.apiKeys ?? []) byKeyHash.delete(sha256)
    tenants.set(configuration.tenantId, configuration)
    for (const { sha256 } of configuration.apiKeys) byKeyHash.set(sha256, configuration)
    for (const listener of listeners) listener(configuration)
  }

  const followed = await followConfiguration({ bus, contract: tenantConfigured, group, onRecord: put, onInvalid, onFatal })
  return {
    findByKey: (key) => byKeyHash.get(hashApiKey(key)),
    keyIdOf(key) {
      const sha256 = hashApiKey(key)
      return byKeyHash.get(sha256)?.apiKeys.find((each) => each.sha256 === sha256)?.id
    },
    get: (tenantId) => tenants.get(tenantId),
    all: () => [...tenants.values()],
    isCaughtUp: () => followed.isCaughtUp(),
    onChange: (listener) => void listeners.push(listener),
    stop: () => followed.stop(),
  }
}
