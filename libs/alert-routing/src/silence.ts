import type { Labels } from './alert.ts'
import { matchesAll, type Matcher } from './matcher.ts'

/** Mutes the alerts that all of its matchers match, from its start until before its end. */
export interface Silence {
  readonly id: string
  readonly matchers: readonly Matcher[]
  readonly startsAtMs: number
  readonly endsAtMs: number
}

/** The first silence in force that mutes alerts of these labels. */
export function silencedBy<Kept extends Silence>(silences: readonly Kept[], labels: Labels, nowMs: number): Kept | undefined {
  return silences.find((silence) => silenceState(silence, nowMs) === 'active' && matchesAll(silence.matchers, labels))
}

/** Where a silence stands: it is active from its start on, and expired from its end on. */
export function silenceState({ startsAtMs, endsAtMs }: Pick<Silence, 'startsAtMs' | 'endsAtMs'>, nowMs: number): 'pending' | 'active' | 'expired' {
  if (nowMs >= endsAtMs) return 'expired'
  return nowMs < startsAtMs ? 'pending' : 'active'
}

/** Why a silence isn't taken, undefined where it is. Without a matcher that needs a label it would mute everything. */
export function silenceProblem({ matchers, startsAtMs, endsAtMs }: Omit<Silence, 'id'>): string | undefined {
  if (matchers.length === 0) return 'matchers: at least one is needed'
  if (matchers.every((condition) => condition.matches(''))) return "matchers: at least one must not match the empty string, or the silence mutes everything that lacks its labels"
  if (!(endsAtMs > startsAtMs)) return 'endsAt: it has to be after startsAt'
  return undefined
}
