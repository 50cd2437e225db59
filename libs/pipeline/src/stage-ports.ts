import type { Bus } from './bus.ts'
import type { StageObserver } from './stage-observer.ts'
import type { StageTracer } from './stage-tracer.ts'
import type { UnitOfWork } from './unit-of-work.ts'

/** Between which effects a crash can fall. Tests stop a stage here; nothing else listens. */
export type CrashPoint = 'before-save' | 'after-save' | 'after-publish' | 'after-snapshot' | 'after-commit'

/** Everything a stage reaches the world through. */
export interface StagePorts<Tx> {
  readonly bus: Bus
  readonly unitOfWork: UnitOfWork<Tx>
  readonly observer: StageObserver
  /** Absent while tracing is off. */
  readonly tracer?: StageTracer | undefined
  /** ms since the epoch. Only for times that are shown, never for decisions. */
  readonly nowMs: () => number
  readonly random: () => number
  readonly reached?: (point: CrashPoint) => void | Promise<void>
}
