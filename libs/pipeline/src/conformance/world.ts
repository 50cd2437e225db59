import { deadLetterTopicOf, type TopicSpec } from '@ott/contracts/topics'
import type { Bus } from '../bus.ts'
import type { Stage } from '../define-stage.ts'
import type { InboundRecord, OutboundRecord } from '../record.ts'
import { defaultStageSettings, runStage, type RunningStage, type StageSettings } from '../run-stage.ts'
import type { BatchReport } from '../stage-observer.ts'
import type { ConformanceBus, ConformanceOptions } from './conformance-bus.ts'
import { createKillableProcess, type BusFaults, type KillableProcess } from './killable-process.ts'
import { createRowStore, type NumberedRow, type RowTransaction } from './row-store.ts'
import { arriving, halfway, leaving } from './sample-events.ts'
import { numberingStage, rememberingStage, type Remembered, type RememberingOptions, type Store } from './sample-stages.ts'

/** A process of the suite that runs one stage. */
export interface StageProcess extends Omit<KillableProcess, 'bus'> {
  readonly running: RunningStage
  /** Errors for which the process would have ended. */
  readonly fatal: readonly Error[]
  readonly failed: Promise<Error>
  readonly inFlightBytes: readonly number[]
  readonly outcomes: ReadonlyMap<string, number>
  readonly transientFaults: readonly string[]
}

/** What a test may choose of a stage; the rest is filled in. */
export type StageChoices = Partial<Omit<RememberingOptions, 'store' | 'guard'>> & { settings?: Partial<StageSettings> }

/** One bus, one store, and the processes that a test starts on them. */
export interface World extends BusFaults {
  readonly conformance: ConformanceBus
  readonly bus: Bus
  readonly store: Store
  publish(records: readonly OutboundRecord[]): Promise<void>
  /** Starts a stage that numbers events, its state in the store; group `numbering`. */
  startNumbering(choices?: StageChoices): Promise<StageProcess>
  /** Starts a stage that digests events, its state in memory; group `remembering`. */
  startRemembering(choices?: StageChoices): Promise<StageProcess>
  /** Waits until the group has committed everything in the topic. */
  settled(group: 'numbering' | 'remembering', topic?: string): Promise<void>
  /** Every record of a topic, each partition in order. */
  read(topic: string): Promise<InboundRecord[]>
}

/** Where the numbering stage's dead letters go. */
export const deadLetterTopic = deadLetterTopicOf('compliance')

/** Runs a test in a world of its own and ends whatever it started. */
export async function inWorld(options: ConformanceOptions, partitions: number, test: (world: World) => Promise<void>): Promise<void> {
  const conformance = await options.createBus()
  const processes: StageProcess[] = []
  try {
    const topics = [arriving.topic, halfway.topic, leaving.topic, deadLetterTopic]
    await conformance.bus.createTopics(topics.map((name): TopicSpec => ({ name, compacted: false, retentionMs: 3_600_000 })), partitions)
    await test(createWorld(conformance, processes))
  } finally {
    for (const process of processes) {
      process.kill()
      await process.running.stop()
    }
    await conformance.close()
  }
}

function createWorld(conformance: ConformanceBus, processes: StageProcess[]): World {
  const { bus } = conformance
  const store = createRowStore<Remembered>()
  let reads = 0
  let offered = 0

  type AnyStage = Stage<never, unknown, NumberedRow, never, RowTransaction>
  async function start(
    stageOf: (process: KillableProcess) => AnyStage,
    group: string,
    topic: string,
    choices: StageChoices,
  ): Promise<StageProcess> {
    const process = createKillableProcess(bus, world)
    const fatal: Error[] = []
    const inFlightBytes: number[] = []
    const outcomes = new Map<string, number>()
    const transientFaults: string[] = []
    const { promise: failed, resolve } = Promise.withResolvers<Error>()
    const running = await runStage(
      stageOf(process),
      {
        bus: process.bus,
        unitOfWork: store.unitOfWork,
        observer: {
          batchDone: (report) => count(outcomes, report),
          deadLettered: () => undefined,
          transientFault: ({ doing }) => void transientFaults.push(doing),
          inFlightBytes: (_stage, bytes) => void inFlightBytes.push(bytes),
        },
        nowMs: Date.now,
        random: () => 0.1,
        reached: process.reached,
      },
      { ...defaultStageSettings, group, topics: [topic], ...choices.settings },
      (error) => {
        fatal.push(error)
        resolve(error)
      },
    )
    const { bus: _bus, ...rest } = process
    const started = { ...rest, running, fatal, failed, inFlightBytes, outcomes, transientFaults }
    processes.push(started)
    return started
  }

  const world: World = {
    conformance,
    bus,
    store,
    heartbeats: 0,
    pauses: 0,
    takeFault: store.takeFault,
    async publish(records) {
      for (let from = 0; from < records.length; from += 5_000) await bus.publish(records.slice(from, from + 5_000))
      offered += records.filter(({ topic }) => topic === arriving.topic).length
      const taken = (await bus.endOffsets(arriving.topic)).reduce((sum, end) => sum + end, 0n)
      if (taken !== BigInt(offered)) {
        throw new Error(`the test published ${offered} records, the topic took ${taken}: its producer repeated a request`)
      }
    },
    startNumbering({ from = arriving, to = leaving, ...choices } = {}) {
      const stageOf = ({ guard }: KillableProcess) => numberingStage({ store, guard, from, to, ...choices })
      return start(stageOf as never, 'numbering', from.topic, choices)
    },
    startRemembering({ from = arriving, to = leaving, snapshotIntervalMs = 50, ...choices } = {}) {
      const stageOf = ({ guard }: KillableProcess) => rememberingStage({ store, guard, from, to, snapshotIntervalMs, ...choices })
      return start(stageOf as never, 'remembering', from.topic, choices)
    },
    settled: (group, topic = arriving.topic) =>
      until(`group ${group} has committed all of ${topic}`, async () => (await bus.lag(group, [topic])) === 0n),
    read: (topic) => readAll(bus, topic, `reader-${++reads}`),
  }
  return world
}

function count(outcomes: Map<string, number>, report: BatchReport): void {
  for (const [label, times] of report.outcomes) outcomes.set(label, (outcomes.get(label) ?? 0) + times)
}

async function readAll(bus: Bus, topic: string, group: string): Promise<InboundRecord[]> {
  const ends = await bus.endOffsets(topic)
  const partitions = ends.map((): InboundRecord[] => [])
  const subscription = await bus.subscribe({
    group,
    topics: [topic],
    concurrency: 1,
    pace: 'batch',
    from: 'earliest',
    async onBatch({ partition, records }, control) {
      const held = partitions[partition] as InboundRecord[]
      const next = held.at(-1)?.offset ?? -1n
      held.push(...records.filter(({ offset }) => offset > next))
      control.advance((records.at(-1)?.offset ?? -1n) + 1n)
    },
    onFatal: (error) => {
      throw error
    },
  })
  await until(`all of ${topic} is read`, async () => partitions.every((held, index) => BigInt(held.length) >= (ends[index] ?? 0n)))
  await subscription.stop()
  return partitions.flat()
}

/** Polls until a condition holds; says which one when it doesn't within a minute. */
export async function until(what: string, holds: () => Promise<boolean> | boolean): Promise<void> {
  const giveUpAtMs = Date.now() + 60_000
  while (!(await holds())) {
    if (Date.now() > giveUpAtMs) throw new Error(`waited a minute in vain until ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
