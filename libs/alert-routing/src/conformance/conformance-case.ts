/** A sequence of alerts, and what Alertmanager's documentation says that receivers are told. Times in seconds since the case begins. */
export interface ConformanceCase {
  readonly name: string
  /** Page and field of Alertmanager's documentation, or its source where the documentation is silent. */
  readonly cites: string
  /** Routes in YAML, below one that all alerts of the case come to and that tells nobody. */
  readonly routes: readonly string[]
  /** Integrations of the receivers that aren't one webhook that is told of resolves. */
  readonly receivers?: Readonly<Record<string, readonly { readonly sendResolved: boolean }[]>>
  readonly inhibitRules?: readonly string[]
  /** Lists of intervals in YAML, by name. */
  readonly timeIntervals?: Readonly<Record<string, string>>
  /** `quick` where it isn't said: group_wait 30 s, group_interval 60 s, repeat_interval 150 s. `default`: what Alertmanager has where nothing is said. */
  readonly timing?: 'quick' | 'default'
  readonly steps: readonly ConformanceStep[]
  readonly expected: readonly Told[]
  /** How long it is watched; a group interval after the last that happens where it isn't said. */
  readonly untilS?: number
  /** Where we differ from a real Alertmanager on purpose: why, and what it tells. */
  readonly differs?: { readonly why: string; readonly there: readonly Told[] }
  /** Why a real Alertmanager, whose clock can't be driven, isn't asked. */
  readonly drivenOnly?: string
}

/** Something that happens at one moment. */
export interface ConformanceStep {
  readonly atS: number
  readonly alerts?: readonly StepAlert[]
  readonly silence?: StepSilence
  /** The name of a silence that ends now. */
  readonly expire?: string
  /** Names of alerts that somebody takes care of. Alertmanager has no such thing. */
  readonly acknowledge?: readonly string[]
}

export interface StepAlert {
  /** Its label `name`, by which the case speaks of it. */
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly startsAtS: number | undefined
  readonly endsAtS: number | undefined
}

export interface StepSilence {
  /** What the case calls it: a second one of the same name takes the place of the first. */
  readonly name: string
  readonly matchers: readonly string[]
  readonly startsAtS: number
  readonly endsAtS: number
}

/** One notification. */
export interface Told {
  readonly atS: number
  /** A receiver, `team`, or one of its integrations after the first, `team/1`. */
  readonly to: string
  /** Names of alerts in alphabetical order. */
  readonly firing: readonly string[]
  readonly resolved: readonly string[]
}

/** Long after every case is over. */
const neverS = 86_400

/** Alerts begin to fire, or are told of again, until it is said that they end. Names with spaces between. */
export function fires(atS: number, names: string, labels: StepAlert['labels'] = {}, parts: Partial<StepAlert> = {}): ConformanceStep {
  return { atS, alerts: listOf(names).map((name) => ({ name, labels, annotations: {}, startsAtS: undefined, endsAtS: neverS, ...parts })) }
}

/** Alerts end. Their labels are the same as when they began. */
export function ends(atS: number, names: string, labels: StepAlert['labels'] = {}): ConformanceStep {
  return fires(atS, names, labels, { endsAtS: atS })
}

/** A silence that begins now unless it is said. */
export function silences(atS: number, name: string, matchers: readonly string[], { from = atS, until = neverS } = {}): ConformanceStep {
  return { atS, silence: { name, matchers, startsAtS: from, endsAtS: until } }
}

export function told(atS: number, to: string, firing: string, resolved = ''): Told {
  return { atS, to, firing: listOf(firing), resolved: listOf(resolved) }
}

/** When the last thing of a case has happened, in seconds. */
export function endOf({ steps, expected, untilS, differs }: ConformanceCase): number {
  return untilS ?? Math.max(...steps.map(({ atS }) => atS), ...[...expected, ...(differs?.there ?? [])].map(({ atS }) => atS)) + 65
}

function listOf(names: string): string[] {
  return names.split(' ').filter((name) => name !== '')
}
