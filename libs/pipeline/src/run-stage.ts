import { fullJitter, sleep } from './back-off.ts'
import type { BatchControl, RecordBatch, Subscription } from './bus.ts'
import { coalesce } from './coalesce.ts'
import { commitLater } from './commit-later.ts'
import { asError } from './decide-batch.ts'
import type { Stage } from './define-stage.ts'
import { StageFailedError } from './errors.ts'
import { keepSnapshots } from './keep-snapshots.ts'
import { createLane, exclusively, newsIn, type Lane } from './lane.ts'
import type { InboundRecord, OutboundRecord } from './record.ts'
import { isTransient, planBatch, planBatches, type BatchPlan } from './run-batch.ts'
import type { StagePorts } from './stage-ports.ts'
import { receiptMsOf, timelineHeader } from './stage-timeline.ts'

export interface StageSettings {
  readonly group: string
  readonly topics: readonly string[]
  /** Partitions worked on at the same time. */
  readonly concurrency: number
  /** How long offsets may stay uncommitted behind the work, in ms: bounds what is worked through again after a crash. */
  readonly commitIntervalMs: number
  /** A transient fault that lasts longer gives the partition back until the fault may be over, in ms. */
  readonly holdMsMax: number
  /** Tries of an operation that fails for an unforeseen reason before the process ends. */
  readonly attemptsMax: number
}

/** Well under any session timeout; the client sends fewer where it was heard of lately. */
const heartbeatIntervalMs = 1_000

export const defaultStageSettings = { concurrency: 16, commitIntervalMs: 100, holdMsMax: 4_000, attemptsMax: 3 } as const

export interface RunningStage {
  /** True while the stage belongs to its group and hasn't failed. */
  isReady(): boolean
  changeTopics(topics: readonly string[]): Promise<void>
  /** Finishes the batch in work, writes down what is remembered, commits, leaves the group. */
  stop(): Promise<void>
}

/**
 * Runs a stage on a bus. Order of effects in a batch: state and rows (one transaction) → publish, awaited → commit.
 * A crash between any two repeats work and skips none.
 */
export async function runStage<Event, Facts, Row, State, Tx>(
  stage: Stage<Event, Facts, Row, State, Tx>,
  ports: StagePorts<Tx>,
  settings: StageSettings,
  onFatal: (error: Error) => void,
): Promise<RunningStage> {
  const lanes = new Map<string, Lane<Facts>>()
  /** What a lane that was dropped still does: its successor waits for it, so that a partition has one worker here. */
  const tails = new Map<string, Promise<unknown>>()
  /** First offset that each partition was offered from since it was assigned. */
  const beginnings = new Map<string, bigint>()
  const stopping = new AbortController()
  let failed = false
  let bytesInWork = 0

  const laneOf = (topic: string, partition: number): Lane<Facts> => {
    const id = `${topic}/${partition}`
    let lane = lanes.get(id)
    if (lane === undefined) {
      lane = createLane<Facts>(topic, partition)
      lane.tail = tails.get(id) ?? lane.tail
      lanes.set(id, lane)
    }
    return lane
  }

  // What lanes bring at the same time shares one transaction. A memory belongs to its lane, so a stage with one can't.
  const planTogether =
    stage.memory === undefined ? coalesce((batches: readonly (readonly InboundRecord[])[]) => planBatches(stage, batches, ports)) : undefined

  /** Forgets a lane whose memory runs ahead of what was published; it is restored from its snapshot. */
  const drop = (lane: Lane<Facts>) => {
    const id = `${lane.topic}/${lane.partition}`
    if (!lane.dropped && lane.memory !== undefined) stage.memory?.release?.(lane.memory)
    lane.dropped = true
    if (lanes.get(id) !== lane) return
    lanes.delete(id)
    tails.set(id, Promise.all([lane.tail, lane.writing]))
  }

  const fail = (error: Error) => {
    if (failed) return
    failed = true
    snapshots?.stop()
    onFatal(error)
  }

  const tellFault = (doing: string) => (thrown: unknown) =>
    ports.observer.transientFault({ stage: stage.name, doing, attempt: 0, error: asError(thrown) })

  async function onBatch(batch: RecordBatch, control: BatchControl): Promise<void> {
    if (failed || stopping.signal.aborted) return
    const bytes = batch.records.reduce((sum, { value }) => sum + (value?.length ?? 0), 0)
    ports.observer.inFlightBytes(stage.name, (bytesInWork += bytes))
    const lane = laneOf(batch.topic, batch.partition)
    const stopHeartbeat = heartbeatMeanwhile(control)
    try {
      await exclusively(lane, () => workOn(lane, batch, bytes, control))
    } finally {
      stopHeartbeat()
      ports.tracer?.givenBack(batch.records)
      ports.observer.inFlightBytes(stage.name, (bytesInWork -= bytes))
    }
  }

  /** Repeats what fails transiently, with full jitter, keeping the membership alive; gives up when the batch is void. */
  async function persistently<T>(
    doing: string,
    control: BatchControl,
    holdMsMax: number,
    work: () => Promise<T>,
    mayRepeat: () => boolean = () => true,
  ): Promise<T | undefined> {
    const startedAtMs = ports.nowMs()
    for (let attempt = 0, unforeseen = 0; ; attempt++) {
      try {
        return await work()
      } catch (thrown) {
        const error = asError(thrown)
        if (!mayRepeat()) throw error
        if (!isTransient(error) && ++unforeseen >= settings.attemptsMax) throw error
        ports.observer.transientFault({ stage: stage.name, doing, attempt, error })
        const waitMs = fullJitter(attempt, ports.random, { firstMs: 50, maxMs: 2_000 })
        if (ports.nowMs() - startedAtMs + waitMs > holdMsMax) {
          control.pause(Math.max(500, waitMs))
          return undefined
        }
        await sleep(waitMs, stopping.signal)
        if (stopping.signal.aborted || control.isStale()) return undefined
        await control.heartbeat()
      }
    }
  }

  async function workOn(lane: Lane<Facts>, batch: RecordBatch, bytes: number, control: BatchControl): Promise<void> {
    const startedAtMs = ports.nowMs()
    if (lane.dropped || control.isStale()) return
    if (stage.memory !== undefined && lane.memory === undefined) {
      const restored = await persistently('restore', control, settings.holdMsMax, () => restore(lane))
      if (restored === undefined) return
    }
    if (stage.memory !== undefined && mustSeek(lane, batch, control)) return
    const fresh = stage.memory === undefined ? undefined : newsIn(lane, batch.records)
    const records = fresh?.news ?? batch.records
    const plan = await planOnce(lane, records, control)
    if (plan === undefined) return
    // A memory doesn't include an event that no decision was found for, nor those after it.
    if (fresh !== undefined) Object.assign(lane, plan.failure === undefined ? fresh.progress : newsIn(lane, recordsBefore(batch.records, plan.failure.record)).progress)
    await ports.reached?.('after-save')
    const toPublish = plan.outcomes.flatMap(({ publish }) => publish)
    if (toPublish.length > 0) {
      // A partition isn't given back from here on: its memory includes what is about to be published.
      let published: true | undefined
      try {
        published = await persistently('publish', control, Number.POSITIVE_INFINITY, () => publish(toPublish))
      } finally {
        if (published === undefined) drop(lane)
      }
      if (published === undefined) return
    }
    await ports.reached?.('after-publish')
    const last = (plan.failure === undefined ? batch.records : recordsBefore(batch.records, plan.failure.record)).at(-1)
    if (last !== undefined) await settle(lane, last, control)
    ports.tracer?.settled(plan.outcomes)
    report(batch, plan, bytes, startedAtMs)
    if (plan.failure !== undefined) {
      // The next owner needn't repeat what stands before it.
      await commits.flush()
      await snapshots?.write(lane).catch(tellFault('snapshot'))
      fail(new StageFailedError(`stage ${stage.name} failed on an event: ${plan.failure.error.message}`, { cause: plan.failure.error }))
    }
  }

  /** Once decisions were folded into the memory, a try that fails can't be repeated on it: the memory is restored first. */
  async function planOnce(lane: Lane<Facts>, records: readonly InboundRecord[], control: BatchControl): Promise<BatchPlan | undefined> {
    let folded = false
    const work = () => planTogether?.(records) ?? planBatch(stage, records, lane.memory, ports, () => (folded = true))
    try {
      return await persistently('load, decide and save', control, settings.holdMsMax, work, () => !folded)
    } catch (thrown) {
      if (!folded) throw thrown
      drop(lane)
      if (!isTransient(thrown)) throw thrown
      tellFault('save')(thrown)
      control.pause(fullJitter(4, ports.random, { firstMs: 50, maxMs: 2_000 }))
      return undefined
    }
  }

  /** A memory must fold every record after its snapshot: when the batch begins later, goes back there, once a lane. */
  function mustSeek(lane: Lane<Facts>, batch: RecordBatch, control: BatchControl): boolean {
    const id = `${lane.topic}/${lane.partition}`
    const first = batch.records[0]?.offset ?? 0n
    if (!beginnings.has(id)) beginnings.set(id, first)
    const from = lane.nextOffset ?? beginnings.get(id) ?? first
    // What lies between may be deleted or no record at all, hence once.
    if (lane.sought || first <= from) {
      lane.sought = true
      return false
    }
    lane.sought = true
    control.advance(from)
    return true
  }

  /** Keeps the membership while a batch is in work. What a heartbeat learns is told again to the bus's own. */
  function heartbeatMeanwhile(control: BatchControl): () => void {
    const timer = setInterval(() => void control.heartbeat().catch(() => undefined), heartbeatIntervalMs)
    return () => clearInterval(timer)
  }

  async function publish(records: readonly OutboundRecord[]): Promise<true> {
    await ports.bus.publish(records)
    return true
  }

  async function restore(lane: Lane<Facts>): Promise<true> {
    const memory = stage.memory
    if (memory === undefined) return true
    const restored = await memory.restore(lane.topic, lane.partition)
    if (lane.dropped) memory.release?.(restored.memory)
    lane.memory = restored.memory
    lane.nextOffset = restored.position?.nextOffset
    lane.sources = new Map(Object.entries(restored.position?.sources ?? {}))
    return true
  }

  async function settle(lane: Lane<Facts>, last: InboundRecord, control: BatchControl): Promise<void> {
    const nextOffset = last.offset + 1n
    control.advance(nextOffset)
    if (control.isStale()) return
    if (stage.memory === undefined) {
      commits.note({ topic: lane.topic, partition: lane.partition, nextOffset, isVoid: () => lane.dropped || control.isStale() })
    } else if (snapshots?.isLate(lane) === true) {
      // The lane waits for it, lest ever more be to repeat after a crash.
      await persistently('snapshot', control, settings.holdMsMax, async () => (await snapshots.write(lane), true))
    }
  }

  function report(batch: RecordBatch, plan: BatchPlan, bytes: number, startedAtMs: number): void {
    const nowMs = ports.nowMs()
    const outcomes = new Map<string, number>()
    for (const { tenantId, outcome } of plan.outcomes) {
      const label = `${tenantId} ${outcome.kind} ${'reason' in outcome ? outcome.reason : ''}`
      outcomes.set(label, (outcomes.get(label) ?? 0) + 1)
    }
    ports.observer.batchDone({
      stage: stage.name,
      topic: batch.topic,
      partition: batch.partition,
      records: batch.records.length,
      bytes,
      durationMs: nowMs - startedAtMs,
      eventDurationsMs: plan.outcomes.map(({ record }) => nowMs - record.timestampMs),
      eventAgesMs: plan.outcomes.map(({ record }) => nowMs - (receiptMsOf(record.headers[timelineHeader]) ?? record.timestampMs)),
      outcomes,
    })
  }

  const snapshots =
    stage.memory &&
    keepSnapshots({
      memory: stage.memory,
      lanes: () => lanes.values(),
      nowMs: ports.nowMs,
      commit: ({ topic, partition }, nextOffset) => subscription.commit(topic, partition, nextOffset),
      reached: (point) => ports.reached?.(point),
      onFault: tellFault('snapshot'),
    })

  const subscription: Subscription = await ports.bus.subscribe({
    group: settings.group,
    topics: settings.topics,
    concurrency: settings.concurrency,
    pace: 'batch',
    from: 'earliest',
    onBatch,
    onAssigned: () => {
      for (const lane of lanes.values()) drop(lane)
      beginnings.clear()
    },
    onFatal: fail,
  })

  const commits = commitLater({
    intervalMs: settings.commitIntervalMs,
    async commit({ topic, partition, nextOffset }) {
      await subscription.commit(topic, partition, nextOffset)
      await ports.reached?.('after-commit')
    },
    onFault: tellFault('commit'),
  })

  return {
    isReady: () => !failed && subscription.isJoined(),
    changeTopics: (topics) => subscription.changeTopics(topics),
    async stop() {
      snapshots?.stop()
      stopping.abort()
      // What can't be written now is worked through again by the next owner.
      const last = async (lane: Lane<Facts>) => (failed ? lane.writing : snapshots?.write(lane))
      await Promise.allSettled([...tails.values(), ...[...lanes.values()].map((lane) => exclusively(lane, () => last(lane)))])
      await commits.stop()
      await subscription.stop()
    },
  }
}

function recordsBefore(records: readonly InboundRecord[], failed: InboundRecord): InboundRecord[] {
  return records.filter(({ offset }) => offset < failed.offset)
}
