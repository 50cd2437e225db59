import type { RegulationPack } from '@ott/regulations/regulation-pack'
import type { RegulationRule } from '@ott/regulations/regulation-rule'

/** The packs that come with the product, by the name of their regulation. */
export type Regulations = ReadonlyMap<string, RegulationPack>

export function regulationsOf(packs: readonly RegulationPack[]): Regulations {
  return new Map([...packs].sort((a, b) => (a.regulation < b.regulation ? -1 : 1)).map((pack) => [pack.regulation, pack]))
}

export function shownRegulation({ regulation, name, jurisdictions, rules }: RegulationPack) {
  return { id: regulation, name, jurisdictions: placesOf(jurisdictions), rules: rules.length }
}

/** A rule as people read it, with its condition but without its examples. */
export function shownRule({ id, title, citation, source, severity, eventTypes, jurisdictions, when, message, remediation, after, unless, deadline }: RegulationRule, pack: RegulationPack) {
  const kind = after !== undefined ? 'sequence' : deadline !== undefined ? 'deadline' : 'event'
  return {
    ...{ id, regulation: pack.regulation, title, citation, source, severity, kind, eventTypes: [...new Set(eventTypes)] },
    ...{ jurisdictions: placesOf(jurisdictions ?? pack.jurisdictions), when, message, remediation },
    ...(after === undefined ? {} : { after }),
    ...(unless === undefined ? {} : { unless }),
    ...(deadline === undefined ? {} : { deadline }),
  }
}
export type ShownRule = ReturnType<typeof shownRule>

export interface RuleFilter {
  readonly id?: string | undefined
  readonly regulation?: string | undefined
  readonly eventType?: string | undefined
  /** Rules that can apply to a viewer there, those of a part of it included. */
  readonly country?: string | undefined
}

/** Rules that match all that is named, by regulation and in the order of its pack. */
export function findRules(regulations: Regulations, { id, regulation, eventType, country }: RuleFilter): ShownRule[] {
  const packs = [...regulations.values()].filter((pack) => regulation === undefined || pack.regulation === regulation)
  const rules = packs.flatMap((pack) => pack.rules.filter((rule) => id === undefined || rule.id === id).map((rule) => shownRule(rule, pack)))
  return rules.filter(
    ({ eventTypes, jurisdictions }) =>
      (eventType === undefined || eventTypes.some((type) => type === eventType)) &&
      (country === undefined || jurisdictions.some((place) => place === 'worldwide' || place === country || place.startsWith(`${country}-`))),
  )
}

function placesOf(jurisdictions: RegulationPack['jurisdictions']): readonly string[] {
  return jurisdictions === 'worldwide' ? ['worldwide'] : jurisdictions
}
