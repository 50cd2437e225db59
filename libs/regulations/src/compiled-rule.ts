import type { ParseResult } from '@marcbachmann/cel-js'
import type { Severity } from '@ott/contracts/severity'
import type { ViewerEventType } from '@ott/contracts/viewer-event-types'
import type { Period } from './period.ts'
import type { ConsentAnswer } from './rule-condition.ts'

/** A rule ready to judge events. */
export interface CompiledRule {
  readonly id: string
  /** Names what it decides, a hash: a rule that is written anew has another key, a rule whose severity alone was changed has not. */
  readonly key: string
  readonly regulation: string
  readonly title: string
  readonly citation: string
  readonly source: string
  readonly severity: Severity
  readonly remediation: string
  readonly eventTypes: readonly ViewerEventType[]
  readonly jurisdictions: 'worldwide' | readonly string[]
  /** The condition over a RuleContext; may throw. */
  readonly holds: ParseResult
  /** Fields kept as evidence. */
  readonly evidence: readonly FieldReader[]
  /** What the condition asks of `consent`, kept as evidence, too. */
  readonly answers: readonly ConsentAnswer[]
  /** Text and, between its pieces, the fields that fill the gaps. */
  readonly message: { readonly texts: readonly string[]; readonly fields: readonly FieldReader[] }
  /** Set when the rule is about more than one event: it is judged by a timeline, see observe.ts. */
  readonly timing?: Sequence | Deadline | undefined
}

/** A field of an event by its path, such as `data.consent.ads`. */
export interface FieldReader {
  readonly name: string
  readonly path: readonly string[]
}

/** Another event that a rule looks for. */
export interface CompiledStep {
  readonly eventTypes: readonly ViewerEventType[]
  readonly holds: ParseResult
}

/** Broken by the rule's own event when enough others came before it. */
export interface Sequence {
  readonly kind: 'sequence'
  readonly first: CompiledStep
  readonly lifting?: CompiledStep | undefined
  readonly within: Period
  readonly atLeast: number
  /** The rule's own event isn't remembered. */
  readonly lookBackOnly: boolean
  readonly distinct?: FieldReader | undefined
  readonly per: FieldReader
}

/** Broken when nothing answers the rule's own event in time. */
export interface Deadline {
  readonly kind: 'deadline'
  readonly stop: CompiledStep
  readonly extension?: (CompiledStep & { readonly within: Period }) | undefined
  readonly within: Period
  readonly match?: FieldReader | undefined
}
