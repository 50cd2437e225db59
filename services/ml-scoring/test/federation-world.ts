import type { ModelUpdate } from '@ott/anomaly/federated/average-updates'
import type { FederatedModel } from '../src/federation/federated-model.ts'
import { takeUpRun } from '../src/federation/federation-run-store.ts'
import { delta, type FederationTerms } from '../src/federation/federation-terms.ts'
import { beginDueRun } from '../src/federation/begin-due-run.ts'
import { joinFederation } from '../src/federation/membership-store.ts'
import { runFederation, type RunFederationOptions } from '../src/federation/run-federation.ts'
import { openModelRegistry } from '../src/registry/model-registry.ts'
import { keepLived, type LivedEvent } from './history-stand-in.ts'
import type { RegistryPlaces } from './registry-fixture.ts'

export const startMs = Date.parse('2026-03-02T00:00:00Z')
/** When runs begin: all that happened lies within the thirty days before. */
export const now = new Date('2026-03-20T00:00:00Z')
export const quietTerms: FederationTerms = { rounds: 3, clipNorm: 1e6, noiseMultiplier: 0, delta, periodDays: 30 }
const cron = '0 3 * * *'

interface Attempts {
  readonly subjects: readonly string[]
  readonly attempts: readonly number[]
}

/** One weight: the mean number of failed sign-ins of an event. A round brings it halfway to what a member's own events say. */
export const meanAttempts: FederatedModel = {
  model: 'sequence-risk',
  initial: () => Float32Array.of(0),
  read() {
    const seen = { subjects: [] as string[], attempts: [] as number[] }
    return {
      add({ subject, data }) {
        seen.subjects.push(subject)
        seen.attempts.push(Number(data['attempts']))
      },
      finish: () => Buffer.from(JSON.stringify(seen)),
    }
  },
  async update({ data, learned }): Promise<ModelUpdate> {
    const { attempts } = attemptsOf(data)
    return { delta: Float32Array.of((attempts.reduce((sum, each) => sum + each, 0) / attempts.length - learned[0]!) / 2), examples: attempts.length }
  },
  async finish({ data, learned }) {
    const artefact = Buffer.from(JSON.stringify({ learned: learned[0], subjects: attemptsOf(data).subjects }))
    return { kind: 'mean', bytes: artefact, metadata: { note: 'kept' }, metrics: { auc: 0.9 }, validation: { metric: 'auc', better: 'higher' } }
  },
}

export function attemptsOf(data: Uint8Array): Attempts {
  return JSON.parse(Buffer.from(data).toString()) as Attempts
}

/** A tenant that joined, whose viewers failed to sign in so often. */
export async function aMember(places: RegistryPlaces, tenantId: string, attempts: readonly number[], epsilonMax: number | null = null): Promise<void> {
  const lived = attempts.map((each, n): LivedEvent => ({ type: 'com.ott.signin.failed.v1', subject: `${tenantId}-${n}`, atMs: startMs + n * 60_000, data: { attempts: each } }))
  await keepLived(places.admin, tenantId, lived, tenantId)
  await joinFederation(places.database, { tenantId, model: 'sequence-risk', epsilonMax, joinedBy: 'k-1' })
  // Long ago, so that its first turn has come.
  await places.admin.query('update ml_scoring.federation_members set joined_at = $1', [new Date(startMs)])
}

export interface Led {
  readonly rounds: { readonly round: number; readonly members: number; readonly epsilon: number }[]
  readonly ended: string[]
}

/** Leads as far as it goes: begins a run where one is due, and carries it through. */
export async function lead(
  places: RegistryPlaces,
  tenants: readonly string[],
  { terms = quietTerms, at = now, signal = new AbortController().signal, ...parts }: Partial<RunFederationOptions> & { readonly terms?: FederationTerms; readonly at?: Date; readonly signal?: AbortSignal } = {},
): Promise<Led> {
  const { database, store } = places
  const federated = parts.federated ?? meanAttempts
  const led: Led = { rounds: [], ended: [] }
  await beginDueRun({ database, federated, terms, cron, tenants, now: at })
  const run = await takeUpRun(database, 'sequence-risk')
  if (run === undefined) return led
  const registry = openModelRegistry({ database, store, announce: async () => undefined })
  await runFederation(
    run,
    {
      ...{ database, store, registry, federated, tenants: () => tenants, codeVersion: async () => 'test', noise: { normal: () => 0 } },
      onRound: (_run, told) => led.rounds.push(told),
      onEnd: (_run, status, reason) => led.ended.push(reason === null ? status : `${status}: ${reason}`),
      ...parts,
    },
    signal,
  )
  return led
}
