import type { CompiledRule, CompiledStep } from './compiled-rule.ts'

/** What an event may be to a rule about several events. */
export type StepKind = 'first' | 'last' | 'lifting' | 'start' | 'stop' | 'extension'

export interface TimedStep {
  readonly rule: CompiledRule
  readonly kind: StepKind
  readonly holds: CompiledStep['holds']
}

/** Finds what matters to an event by its type and its viewer's place. */
export interface PlaceIndex<Entry> {
  for(type: string, country?: string, region?: string): readonly Entry[]
}

interface TypeIndex<Entry> {
  /** By country, or by country and subdivision: each list holds all that applies there, so that a look-up joins nothing. */
  readonly byPlace: Map<string, Entry[]>
  readonly worldwide: Entry[]
}

interface Placed<Entry> {
  readonly entry: Entry
  readonly types: readonly string[]
  readonly places: 'worldwide' | readonly string[]
}

/** Rules that one event alone can break. */
export function indexRules(rules: readonly CompiledRule[]): PlaceIndex<CompiledRule> {
  return indexOf(rules.filter(({ timing }) => timing === undefined).map((rule) => ({ entry: rule, types: rule.eventTypes, places: rule.jurisdictions })))
}

/**
 * Steps of rules about several events. What ends a period or lifts a sequence counts wherever the viewer is by then;
 * what begins or breaks one, only where the rule applies.
 */
export function indexSteps(rules: readonly CompiledRule[]): PlaceIndex<TimedStep> {
  const placed: Placed<TimedStep>[] = []
  for (const rule of rules) {
    const { timing } = rule
    const put = (kind: StepKind, { eventTypes, holds }: CompiledStep, places: CompiledRule['jurisdictions']) => {
      placed.push({ entry: { rule, kind, holds }, types: eventTypes, places })
    }
    if (timing?.kind === 'sequence') {
      put('first', timing.first, rule.jurisdictions)
      if (timing.lifting !== undefined) put('lifting', timing.lifting, 'worldwide')
      put('last', rule, rule.jurisdictions)
    } else if (timing?.kind === 'deadline') {
      put('stop', timing.stop, 'worldwide')
      if (timing.extension !== undefined) put('extension', timing.extension, 'worldwide')
      put('start', rule, rule.jurisdictions)
    }
  }
  return indexOf(placed)
}

function indexOf<Entry>(all: readonly Placed<Entry>[]): PlaceIndex<Entry> {
  const byType = new Map<string, Placed<Entry>[]>()
  for (const placed of all) {
    for (const type of placed.types) byType.set(type, [...(byType.get(type) ?? []), placed])
  }
  const index = new Map([...byType].map(([type, placed]) => [type, indexType(placed)]))
  return {
    for(type, country, region) {
      const known = index.get(type)
      if (known === undefined) return []
      if (country === undefined) return known.worldwide
      const { byPlace, worldwide } = known
      return (region !== undefined && byPlace.get(`${country}-${region}`)) || byPlace.get(country) || worldwide
    },
  }
}

function indexType<Entry>(placed: readonly Placed<Entry>[]): TypeIndex<Entry> {
  const named = new Set(placed.flatMap(({ places }) => (places === 'worldwide' ? [] : places)))
  const applyingTo = (place: string): Entry[] => {
    const [country = ''] = place.split('-')
    return placed.filter(({ places }) => places === 'worldwide' || places.includes(place) || places.includes(country)).map(({ entry }) => entry)
  }
  return {
    byPlace: new Map([...named].map((place) => [place, applyingTo(place)])),
    worldwide: placed.filter(({ places }) => places === 'worldwide').map(({ entry }) => entry),
  }
}
