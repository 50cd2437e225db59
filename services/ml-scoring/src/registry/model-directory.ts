import { modelConfigured, type ModelConfiguration, type ModelName, type ServedVersion } from '@ott/contracts/model-configured'
import { sleep } from '@ott/pipeline/back-off'
import type { Bus } from '@ott/pipeline/bus'
import { TransientError } from '@ott/pipeline/errors'
import { followConfiguration } from '@ott/pipeline/follow-configuration'
import { ArtefactError, type ArtefactStore } from './artefact-store.ts'

/** Makes what scores of an artefact. Throws when it can't; what it returns is shared by all batches and keeps no state of theirs. */
export type ModelLoader<Servable> = (artefact: { readonly bytes: Uint8Array; readonly metadata: Readonly<Record<string, unknown>> }) => Servable | Promise<Servable>

/** Loaders by the kind of artefact they understand. */
export type ModelLoaders<Servable> = ReadonlyMap<string, ModelLoader<Servable>>

/** A version that this process has loaded. */
export interface ServedModel<Servable> extends Pick<ServedVersion, 'version' | 'kind' | 'sha256' | 'metrics'> {
  readonly servable: Servable
}

/** What a model is served by. Never changes: a batch keeps the one it began with. */
export interface ModelsInForce<Servable> {
  /** Undefined: the tenant has none, or this process could load none yet. */
  readonly champion: ServedModel<Servable> | undefined
  readonly challengers: readonly ServedModel<Servable>[]
}

/** Also the label of a metric. */
export type LoadFault = 'unavailable' | 'missing' | 'corrupt' | 'too-large' | 'refused' | 'unknown-kind' | 'does-not-load'

/** A version that is served elsewhere and not here, and why. */
export interface RefusedVersion {
  readonly version: number
  readonly fault: LoadFault
  readonly detail: string
}

/** Every tenant's models as the compacted topic says, loaded. Reads are from memory. */
export interface ModelDirectory<Servable> {
  modelsOf(tenantId: string, model: ModelName): ModelsInForce<Servable>
  /** What does not load in this process; empty when all is well. */
  refusedOf(tenantId: string, model: ModelName): readonly RefusedVersion[]
  /** True once everything that was in the topic at the start has been read. */
  isCaughtUp(): boolean
  /** True once all of that was tried to be loaded, too. */
  isSettled(): boolean
  stop(): Promise<void>
}

export interface FollowModelsOptions<Servable> {
  readonly bus: Bus
  /** Unique to this process: every process reads the whole topic. */
  readonly group: string
  readonly store: ArtefactStore
  readonly loaders: ModelLoaders<Servable>
  /** Before what may yet come is tried again; doubles up to thirty times as long. */
  readonly retryMs?: number
  onInvalid(detail: string): void
  /** A version that doesn't load here: a champion before it stays in force. */
  onRefused(tenantId: string, model: ModelName, refused: RefusedVersion): void
  /** Other versions are in force now. */
  onChange?(tenantId: string, model: ModelName, inForce: ModelsInForce<Servable>): void
  onFatal(error: Error): void
}

interface ModelState<Servable> {
  told: ModelConfiguration
  inForce: ModelsInForce<Servable>
  /** The champion before the present one stays loaded: rolling back needs no store. */
  former: ServedModel<Servable> | undefined
  refused: readonly RefusedVersion[]
  isWorking: boolean
  /** Told when another record comes: ends all waiting. */
  overtaken: AbortController
  readonly loading: Map<string, Promise<Loaded<Servable>>>
  work: Promise<void>
}

type Loaded<Servable> = ServedModel<Servable> | RefusedVersion

const none = { champion: undefined, challengers: [] }

/** Somebody may mend the store, and a copy of it may lag behind. */
const mayYetLoad: ReadonlySet<LoadFault> = new Set(['unavailable', 'missing'])

/** Champions that are loaded at the same time, and as many challengers: each may hold an artefact and what is made of it. */
const loadsAtOnce = 2

/**
 * Follows the topic from its beginning; never commits, for the topic itself is the memory. Artefacts are loaded beside the batches, and what
 * is in force changes in one step when they are: between two batches, since each asks once.
 */
export async function followModels<Servable>(options: FollowModelsOptions<Servable>): Promise<ModelDirectory<Servable>> {
  const { bus, group, store, loaders, retryMs = 1_000, onInvalid, onRefused, onChange, onFatal } = options
  const stopping = new AbortController()
  const models = new Map<string, ModelState<Servable>>()
  const inTurn = { champion: createSlots(loadsAtOnce), challenger: createSlots(loadsAtOnce) }
  /** Models whose first try isn't done. */
  const unsettled = new Set<ModelState<Servable>>()
  let isSettled = false

  const load = async (tenantId: string, { version, status, kind, sha256, sizeBytes, metadata, metrics }: ServedVersion): Promise<Loaded<Servable>> => {
    const loader = loaders.get(kind)
    if (loader === undefined) return { version, fault: 'unknown-kind', detail: `this process has no loader for ${kind}` }
    try {
      return await inTurn[status](async () => {
        const bytes = await store.get(tenantId, { sha256, sizeBytes })
        return { version, kind, sha256, metrics, servable: await loader({ bytes, metadata }) }
      })
    } catch (error) {
      return { version, fault: faultOf(error), detail: error instanceof Error ? error.message.slice(0, 500) : 'unknown' }
    }
  }

  /** Loads a version once at a time, also when what asked for it was overtaken. */
  const obtain = ({ told, loading }: ModelState<Servable>, served: ServedVersion): Promise<Loaded<Servable>> => {
    const key = `${served.status} ${served.version} ${served.sha256}`
    const started = loading.get(key) ?? load(told.tenantId, served).finally(() => loading.delete(key))
    loading.set(key, started)
    return started
  }

  /** Goes to what was told last, the champion first: it waits for no challenger. Tells what doesn't load; undefined when it was overtaken. */
  const switchOver = async (state: ModelState<Servable>): Promise<readonly RefusedVersion[] | undefined> => {
    const { told, inForce: before, former } = state
    const overtaken = aborted(AbortSignal.any([state.overtaken.signal, stopping.signal]))
    const known = [before.champion, ...before.challengers, former].filter((each) => each !== undefined)
    const knownOf = ({ version, sha256 }: ServedVersion) => known.find((each) => each.version === version && each.sha256 === sha256)
    const allOf = (served: readonly ServedVersion[]) => Promise.race([Promise.all(served.map(async (each) => knownOf(each) ?? obtain(state, each))), overtaken])
    const put = (inForce: ModelsInForce<Servable>) => {
      state.inForce = inForce
      onChange?.(told.tenantId, told.model, inForce)
    }

    const wanted = told.served.filter(({ status }) => status === 'champion').slice(0, 1)
    const others = told.served.filter((each) => each !== wanted[0])
    const first = await allOf(wanted)
    if (first === undefined || state.told !== told) return undefined
    const [obtained] = first
    const champion = obtained === undefined || isLoaded(obtained) ? obtained : before.champion
    if (before.champion !== undefined && champion?.version !== before.champion.version) state.former = before.champion
    put({ champion, challengers: others.flatMap((each) => knownOf(each) ?? []) })

    const rest = await allOf(others)
    if (rest === undefined || state.told !== told) return undefined
    if (rest.length > 0) put({ champion, challengers: rest.filter(isLoaded) })
    return [...first, ...rest].flatMap((each) => (isLoaded(each) ? [] : each))
  }

  const work = async (state: ModelState<Servable>): Promise<void> => {
    for (let waitMs = retryMs; !stopping.signal.aborted; ) {
      const { told } = state
      const refused = await switchOver(state)
      if (refused === undefined || state.told !== told) continue
      for (const each of refused) if (!state.refused.some(({ version, fault }) => version === each.version && fault === each.fault)) onRefused(told.tenantId, told.model, each)
      state.refused = refused
      unsettled.delete(state)
      if (!refused.some(({ fault }) => mayYetLoad.has(fault))) break
      await sleep(waitMs, AbortSignal.any([stopping.signal, state.overtaken.signal]))
      waitMs = state.told === told ? Math.min(waitMs * 2, retryMs * 30) : retryMs
    }
    // Before anything else can happen: what is told from now on begins the work anew.
    state.isWorking = false
  }

  const onRecord = (told: ModelConfiguration) => {
    const key = `${told.tenantId}:${told.model}`
    const known = models.get(key)
    if (known !== undefined && known.told.sequence >= told.sequence) return
    const state: ModelState<Servable> = known ?? { told, inForce: none, former: undefined, refused: [], isWorking: false, overtaken: new AbortController(), loading: new Map(), work: Promise.resolve() }
    models.set(key, state)
    if (known === undefined && !isSettled) unsettled.add(state)
    state.told = told
    state.overtaken.abort()
    state.overtaken = new AbortController()
    if (state.isWorking) return
    state.isWorking = true
    state.work = work(state).catch((error: unknown) => onFatal(error instanceof Error ? error : new Error(String(error))))
  }

  const followed = await followConfiguration({ bus, contract: modelConfigured, group, onRecord, onInvalid, onFatal })
  return {
    modelsOf: (tenantId, model) => models.get(`${tenantId}:${model}`)?.inForce ?? none,
    refusedOf: (tenantId, model) => models.get(`${tenantId}:${model}`)?.refused ?? [],
    isCaughtUp: () => followed.isCaughtUp(),
    isSettled: () => (isSettled ||= followed.isCaughtUp() && unsettled.size === 0),
    async stop() {
      stopping.abort()
      await followed.stop()
      await Promise.all([...models.values()].map((state) => state.work))
    },
  }
}

function isLoaded<Servable>(each: Loaded<Servable>): each is ServedModel<Servable> {
  return 'servable' in each
}

/** Resolves when the signal is aborted. */
function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined)
    else signal.addEventListener('abort', () => resolve(undefined), { once: true })
  })
}

function faultOf(error: unknown): LoadFault {
  if (error instanceof ArtefactError) return error.fault
  return error instanceof TransientError ? 'unavailable' : 'does-not-load'
}

/** Does as many pieces of work at once, in the order in which they were asked for. */
function createSlots(count: number): <T>(work: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = []
  let free = count
  return async (work) => {
    if (free > 0) free--
    else await new Promise<void>((resolve) => waiting.push(resolve))
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next === undefined) free++
      else next()
    }
  }
}
