/** Names and values that say what an alert is about, such as `severity: high`. An absent label and an empty one are the same. */
export type Labels = Readonly<Record<string, string>>

/** Something that is wrong for a while, in Alertmanager's sense. */
export interface Alert {
  /** What makes two tellings of it one. */
  readonly id: string
  readonly labels: Labels
  readonly annotations: Labels
  readonly startsAtMs: number
  /** When it ended, or will have ended unless it is told of again; undefined while nobody knows. */
  readonly endsAtMs: number | undefined
  readonly updatedAtMs: number
  /** Somebody takes care of it: it isn't repeated, and nobody else is called. Ends when the alert does. */
  readonly isAcknowledged: boolean
}

/** An alert is resolved from the moment of its end on (`Alert.ResolvedAt` of Alertmanager: the end isn't after now). */
export function isResolved({ endsAtMs }: Pick<Alert, 'endsAtMs'>, nowMs: number): boolean {
  return endsAtMs !== undefined && endsAtMs <= nowMs
}

/** What is told of an alert: what was wrong, since when, and until when if that is known. */
export interface AlertTelling {
  readonly labels: Labels
  readonly annotations: Labels
  /** Where it isn't said: the end, or now where that isn't said either. */
  readonly startsAtMs: number | undefined
  /** Where it isn't said: `resolve_timeout` from now, unless it is told of again. */
  readonly endsAtMs: number | undefined
}

/**
 * An alert after it was told of, as Alertmanager's API and store have it (api/v2/api.go, provider/mem/mem.go, `Alert.Merge`). A telling that overlaps what is known keeps
 * the earlier start; an end that was said, not one by timeout, stands where it is the later. What doesn't overlap takes the place of what was known.
 * An acknowledgement lasts until the alert is resolved.
 */
export function toldOf(known: Alert | undefined, id: string, telling: AlertTelling, { nowMs, resolveTimeoutMs }: { nowMs: number; resolveTimeoutMs: number }): Alert {
  const startsAtMs = telling.startsAtMs ?? telling.endsAtMs ?? nowMs
  const endsAtMs = telling.endsAtMs ?? nowMs + resolveTimeoutMs
  const told = { id, labels: telling.labels, annotations: telling.annotations, startsAtMs, endsAtMs, updatedAtMs: nowMs }
  if (known === undefined) return { ...told, isAcknowledged: false }

  const isAcknowledged = known.isAcknowledged && !isResolved(known, nowMs)
  const knownEndMs = known.endsAtMs ?? Number.POSITIVE_INFINITY
  const isWithinKnown = (ms: number) => ms > known.startsAtMs && ms < knownEndMs
  if (!isWithinKnown(endsAtMs) && !isWithinKnown(startsAtMs)) return { ...told, isAcknowledged }

  const isTimeout = known.endsAtMs === known.updatedAtMs + resolveTimeoutMs
  const keepsEnd = knownEndMs > endsAtMs && (isResolved(told, nowMs) ? isResolved(known, nowMs) : !isTimeout)
  return { ...told, startsAtMs: Math.min(startsAtMs, known.startsAtMs), endsAtMs: keepsEnd ? known.endsAtMs : endsAtMs, isAcknowledged }
}
