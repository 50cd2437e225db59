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
