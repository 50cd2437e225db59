import type { EscalationPolicy, EscalationStep, OnCallSchedule } from './configuration.ts'
import { onCallAt } from './on-call.ts'
import type { TimeInterval } from './time-intervals.ts'

export interface Escalation {
  readonly policy: EscalationPolicy
  readonly schedules: readonly OnCallSchedule[]
  readonly timeIntervals: ReadonlyMap<string, readonly TimeInterval[]>
  /** When the group was first told as firing. */
  readonly startedAtMs: number
  /** Of all rounds together. */
  readonly stepsDone: number
  readonly isAcknowledged: boolean
  readonly isResolved: boolean
  readonly nowMs: number
}

/** Somebody to be told. Step and round count from 0. */
export interface Call {
  readonly step: number
  readonly round: number
  readonly receiver: string
}

export interface Escalated {
  readonly calls: readonly Call[]
  readonly stepsDone: number
  /** When the next step is due; undefined when there is none, or nobody waits for it any more. */
  readonly nextAtMs: number | undefined
}

/** Between the last step and the first one again where nothing in the policy says how long. */
const pauseMs = 300_000

/**
 * Who is to be called now, because nobody acknowledged what fires. Every step that is due is done: after an outage
 * several are, and then nobody is called twice at once. A step calls its receivers, and whoever is on call at this moment.
 * Acknowledging or resolving ends it.
 */
export function escalate({ policy, schedules, timeIntervals, startedAtMs, stepsDone, isAcknowledged, isResolved, nowMs }: Escalation): Escalated {
  if (isAcknowledged || isResolved) return { calls: [], stepsDone, nextAtMs: undefined }
  const { steps } = policy
  const total = steps.length * (policy.repeat + 1)
  const calls = new Map<string, Call>()
  let done = stepsDone
  for (; done < total && dueAtMs(steps, startedAtMs, done) <= nowMs; done += 1) {
    const step = done % steps.length
    for (const receiver of calledBy(steps[step], schedules, (schedule) => onCallAt(schedule, timeIntervals, nowMs))) {
      if (!calls.has(receiver)) calls.set(receiver, { step, round: Math.floor(done / steps.length), receiver })
    }
  }
  return { calls: [...calls.values()], stepsDone: done, nextAtMs: done < total ? dueAtMs(steps, startedAtMs, done) : undefined }
}

function dueAtMs(steps: readonly EscalationStep[], startedAtMs: number, number: number): number {
  const afterMs = steps[number % steps.length]?.afterMs ?? 0
  return startedAtMs + Math.floor(number / steps.length) * roundMs(steps) + afterMs
}

/** Of how long the steps wait before they begin anew: the first comes as long after the last as the last came after the one before it. */
function roundMs(steps: readonly EscalationStep[]): number {
  const [firstMs, lastMs] = [steps[0]?.afterMs ?? 0, steps.at(-1)?.afterMs ?? 0]
  const gapMs = lastMs - (steps.at(-2)?.afterMs ?? 0)
  return lastMs + (gapMs > 0 ? gapMs : pauseMs) - firstMs
}

function calledBy(step: EscalationStep | undefined, schedules: readonly OnCallSchedule[], onCall: (schedule: OnCallSchedule) => string | undefined): readonly string[] {
  if (step === undefined) return []
  const named = step.schedules.flatMap((name) => schedules.filter((schedule) => schedule.name === name))
  return [...step.receivers, ...named.flatMap((schedule) => onCall(schedule) ?? [])]
}
