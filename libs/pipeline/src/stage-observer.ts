import type { StageName } from '@ott/contracts/topics'

/** What one batch came to, for metrics and logs. Carries counts and ids of tenants, never personal data. */
export interface BatchReport {
  readonly stage: StageName
  readonly topic: string
  readonly partition: number
  readonly records: number
  readonly bytes: number
  readonly durationMs: number
  /** Age of each event when this stage was done with it, in ms, waiting included. */
  readonly eventDurationsMs: readonly number[]
  /** Time from each event's receipt until this stage was done with it, in ms: what its viewer's company waits. */
  readonly eventAgesMs: readonly number[]
  /** `tenant outcome reason` → count; the reason is empty where there is none. */
  readonly outcomes: ReadonlyMap<string, number>
}

/** Told what a stage does. Implementations must not throw. */
export interface StageObserver {
  batchDone(report: BatchReport): void
  deadLettered(letter: { stage: StageName; tenantId: string; coordinates: string; reason: string; detail: string }): void
  transientFault(fault: { stage: StageName; doing: string; attempt: number; error: Error }): void
  inFlightBytes(stage: StageName, bytes: number): void
}

export const silentObserver: StageObserver = {
  batchDone: () => undefined,
  deadLettered: () => undefined,
  transientFault: () => undefined,
  inFlightBytes: () => undefined,
}
