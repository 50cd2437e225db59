import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TenantConfiguration } from '@ott/contracts/tenant-configured'
import type { OnDemand } from '../src/on-demand.ts'

const tenants = new Map(['acme', 'globex'].map((tenantId) => [`key-of-${tenantId}`, { tenantId } as TenantConfiguration]))

/** Knows `key-of-acme` and `key-of-globex`. */
export const directory = { findByKey: (key: string) => tenants.get(key), isCaughtUp: () => true }

/** What makes all events be read, and how many users it has. */
export function countedEvents(): { everyEvent: OnDemand; users(): number } {
  let users = 0
  const everyEvent = {
    async acquire() {
      users++
      return () => void users--
    },
    stop: async () => undefined,
  }
  return { everyEvent, users: () => users }
}

/** An HTTP server on a port of its own, stopped with the scope. */
export async function aServer(scope: AsyncDisposableStack, listener?: RequestListener): Promise<{ server: Server; port: number }> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  scope.defer(() => {
    server.closeAllConnections()
    return new Promise<void>((resolve) => void server.close(() => resolve()))
  })
  return { server, port: (server.address() as AddressInfo).port }
}

export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5))
}
