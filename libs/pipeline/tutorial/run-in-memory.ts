import type { Stage } from '../src/define-stage.ts'
import { createMemoryBus, type MemoryBus } from '../src/memory-bus.ts'
import { defaultStageSettings, runStage, type RunningStage } from '../src/run-stage.ts'
import { silentObserver, type BatchReport } from '../src/stage-observer.ts'
import type { StagePorts } from '../src/stage-ports.ts'

/** A bus in memory with these topics, of one partition each. */
export async function busWith(topics: readonly string[]): Promise<MemoryBus> {
  const bus = createMemoryBus()
  await bus.createTopics(topics.map((name) => ({ name, compacted: false, retentionMs: 60_000 })), 1)
  return bus
}

export interface TutorialStage extends RunningStage {
  readonly reports: readonly BatchReport[]
  /** The error for which the process would have ended. */
  readonly failed: Promise<Error>
}

/** Runs a stage on a topic. Its group is named for the stage, so that a second run goes on where the first ended. */
export async function start<Event, Facts, Row, State, Tx>(
  stage: Stage<Event, Facts, Row, State, Tx>,
  bus: MemoryBus,
  topic: string,
  ports: Partial<StagePorts<Tx>> = {},
): Promise<TutorialStage> {
  const reports: BatchReport[] = []
  const { promise: failed, resolve } = Promise.withResolvers<Error>()
  const running = await runStage(
    stage,
    {
      bus,
      unitOfWork: (_tenants, work) => work(undefined as Tx),
      observer: { ...silentObserver, batchDone: (report) => void reports.push(report) },
      nowMs: Date.now,
      random: () => 0,
      ...ports,
    },
    { ...defaultStageSettings, group: stage.name, topics: [topic] },
    resolve,
  )
  return { ...running, reports, failed }
}

/** Waits until the stage has committed all of the topic. */
export async function allDone(bus: MemoryBus, stage: { readonly name: string }, topic: string): Promise<void> {
  while ((await bus.lag(stage.name, [topic])) > 0n) await new Promise((resolve) => setTimeout(resolve, 2))
}
