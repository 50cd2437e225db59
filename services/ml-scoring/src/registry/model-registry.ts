import { modelNames, type ModelName } from '@ott/contracts/model-configured'
import { problemsOf } from '@ott/contracts/define-event'
import { invalidRequest, Problem } from '@ott/http/problem'
import type { Database } from '@ott/postgres/database'
import { z } from 'zod'
import { ArtefactError, type ArtefactStore } from './artefact-store.ts'
import { championsBefore, refusalOf } from './model-transitions.ts'
import { changeStandings, insertVersion, readModel, readSuccession, readVersions, type Actor, type Model, type Step } from './model-store.ts'
import { trainingRecord, type ModelVersion, type ModelVersionAction } from './model-version.ts'
import { judgePromotion, toleranceDefault } from './promotion-gate.ts'

const metadataCharactersMax = 32_768

const newVersion = z.strictObject({
  model: z.enum(modelNames),
  kind: z.string().regex(/^[a-z][a-z0-9-]{0,63}$/),
  metadata: z
    .record(z.string(), z.unknown())
    .refine((metadata) => JSON.stringify(metadata).length <= metadataCharactersMax, `must have at most ${metadataCharactersMax} characters as JSON`)
    .default({}),
  training: trainingRecord,
})

/** A trained model on its way into the registry. */
export type TrainedModel = z.input<typeof newVersion> & { readonly bytes: Uint8Array }

/** What a caller says to an action. */
export interface ActionRequest {
  /** The state the caller has seen; undefined: whatever it is when the call comes in. */
  readonly sequence?: number | undefined
  readonly reason?: string | undefined
  /** Promotes past the gate; needs a reason, which is kept. */
  readonly force?: boolean | undefined
  /** How much worse than the champion the validation metric may be. */
  readonly tolerance?: number | undefined
}

/** A tenant's models and their versions, and who may become champion. Every change is told to all processes. */
export interface ModelRegistry {
  /** Keeps artefact and record as a candidate, for whoever trains. A Problem of 400 names what is wrong with it. */
  register(actor: Actor, trained: TrainedModel): Promise<ModelVersion>
  /** Throws the Problem that says why not: 404, 409 for what its status or the gate forbids, 412 for another state than the one seen. */
  act(actor: Actor, action: ModelVersionAction, model: string, version: number, request?: ActionRequest): Promise<ModelVersion>
  /** Makes the champion before the present one champion again, past the gate: it was champion already. */
  rollBack(actor: Actor, model: string, request?: Pick<ActionRequest, 'sequence' | 'reason'>): Promise<ModelVersion>
}

export interface ModelRegistryOptions {
  readonly database: Database
  readonly store: ArtefactStore
  /** Tells every process of what changed; what fails is told later. */
  announce(tenantId: string): Promise<void>
}

export function openModelRegistry({ database, store, announce }: ModelRegistryOptions): ModelRegistry {
  const found = async (tenantId: string, name: string, sequence: number | undefined): Promise<Model> => {
    const model = await readModel(database, tenantId, name)
    if (model === undefined) throw noSuchModel()
    if (sequence !== undefined && sequence !== model.sequence) throw new Problem(412, 'precondition-failed', `it is at ${model.sequence}`)
    return model
  }
  const changed = async (actor: Actor, model: Model, steps: readonly Step[], version: number): Promise<ModelVersion> => {
    await changeStandings(database, actor, model.name, model.sequence, steps)
    await announce(actor.tenantId)
    const [now] = await readVersions(database, actor.tenantId, model.name, [version])
    return now as ModelVersion
  }

  return {
    async register(actor, { bytes, ...rest }) {
      const parsed = newVersion.safeParse(rest)
      if (!parsed.success) throw invalidRequest(problemsOf(parsed.error))
      try {
        const address = await store.put(actor.tenantId, bytes)
        return await insertVersion(database, actor, { ...parsed.data, ...address })
      } catch (error) {
        if (error instanceof ArtefactError && error.fault === 'too-large') throw invalidRequest([{ field: 'bytes', problem: error.message }])
        throw error
      }
    },

    async act(actor, action, name, number, { sequence, reason, force = false, tolerance = toleranceDefault } = {}) {
      const model = await found(actor.tenantId, name, sequence)
      const versions = await readVersions(database, actor.tenantId, name, [number, ...(model.champion === null ? [] : [model.champion])])
      const version = versions.find((each) => each.version === number)
      if (version === undefined) throw noSuchVersion()
      const refusal = refusalOf(action, version.status, model.challengers.length)
      if (refusal !== undefined) throw new Problem(409, 'conflict', refusal)
      const step = { version: number, action, from: version.status, reason: reason ?? null }
      switch (action) {
        case 'challenge':
          return changed(actor, model, [{ ...step, to: 'challenger' }], number)
        case 'retire':
          return changed(actor, model, [{ ...step, to: 'retired' }], number)
        case 'promote': {
          const champion = versions.find((each) => each.version === model.champion)
          const { figures, refusal: gateRefusal } = judgePromotion(version, champion, tolerance)
          if (gateRefusal !== undefined && !force) throw new Problem(409, 'validates-worse', gateRefusal, { extra: { gate: figures ?? null } })
          const promoted: Step = { ...step, to: 'champion', forced: gateRefusal !== undefined, gate: figures ?? null }
          return changed(actor, model, [...supersede(champion), promoted], number)
        }
      }
    },

    async rollBack(actor, name, { sequence, reason } = {}) {
      const model = await found(actor.tenantId, name, sequence)
      const previous = championsBefore(await readSuccession(database, actor.tenantId, name)).at(-1)
      if (previous === undefined || model.champion === null) throw new Problem(409, 'conflict', 'there was no champion before')
      const versions = await readVersions(database, actor.tenantId, name, [previous, model.champion])
      const [former, champion] = [previous, model.champion].map((number) => versions.find((each) => each.version === number)) as [ModelVersion, ModelVersion]
      return changed(actor, model, [...supersede(champion), { version: previous, action: 'rollback', from: former.status, to: 'champion', reason: reason ?? null }], previous)
    },
  }
}

function supersede(champion: ModelVersion | undefined): Step[] {
  return champion === undefined ? [] : [{ version: champion.version, action: 'supersede', from: 'champion', to: 'retired' }]
}

export function isModelName(name: string): name is ModelName {
  return (modelNames as readonly string[]).includes(name)
}

export function noSuchModel(): Problem {
  return new Problem(404, 'not-found', 'the tenant has no model of this name')
}

export function noSuchVersion(): Problem {
  return new Problem(404, 'not-found', 'the model has no such version')
}
