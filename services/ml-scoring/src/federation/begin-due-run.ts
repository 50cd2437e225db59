import { randomUUID } from 'node:crypto'
import type { Database } from '@ott/postgres/database'
import { turnAfter } from '../training/turn-of-schedule.ts'
import { chooseMembers } from './choose-members.ts'
import type { FederatedModel } from './federated-model.ts'
import { beginRun, lastBegun, readSharedRuns } from './federation-run-store.ts'
import type { FederationTerms, SharedRounds } from './federation-terms.ts'
import { listMembers, type Membership } from './membership-store.ts'

export interface BeginDueRunOptions {
  readonly database: Database
  readonly federated: FederatedModel
  readonly terms: FederationTerms
  /** Five fields, UTC. */
  readonly cron: string
  readonly tenants: readonly string[]
  readonly now: Date
}

/** When the next run of a model is due: the first turn after the last run, or after its first member joined; undefined while it has none. */
export async function nextRunAt(database: Database, model: string, cron: string, members: readonly Membership[]): Promise<Date | undefined> {
  if (members.length === 0) return undefined
  const since = (await lastBegun(database, model)) ?? new Date(Math.min(...members.map(({ joinedAt }) => joinedAt.getTime())))
  return turnAfter(cron, 'UTC', since)
}

/** Begins a run when its turn has come. Turns that were missed come as one. */
export async function beginDueRun(options: BeginDueRunOptions): Promise<void> {
  const { database, federated, terms, cron, tenants, now } = options
  const members = await listMembers(database, tenants, federated.model)
  const dueAt = await nextRunAt(database, federated.model, cron, members)
  if (dueAt === undefined || dueAt > now) return
  const shared = new Map<string, readonly SharedRounds[]>()
  for (const { tenantId } of members) shared.set(tenantId, await sharedRounds(database, tenantId, federated.model))
  const id = randomUUID()
  const chosen = chooseMembers(members, (tenantId) => shared.get(tenantId) ?? [], terms)
  await beginRun(database, { id, model: federated.model, terms, learned: federated.initial(Number.parseInt(id.slice(0, 7), 16)), startedAt: now, ...chosen })
}

/** What a tenant has shared so far: the account of its privacy budget. */
export async function sharedRounds(database: Database, tenantId: string, model: string): Promise<SharedRounds[]> {
  return (await readSharedRuns(database, tenantId, model)).map(({ rounds, terms }) => ({ rounds, noiseMultiplier: terms.noiseMultiplier }))
}
