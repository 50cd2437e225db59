import type { AttackClass } from './attack-class.ts'
import { neutralise } from './neutralise.ts'
import { screenText } from './screen-text.ts'

/** What bounds the account of one event: with `findingsMax` findings it is marked beyond doubt, and screening ends. */
export const screeningLimits = { findingsMax: 16, excerptLengthMax: 120, pathLengthMax: 160 } as const

/** One string of an event that carries an attack. Path and excerpt are neutralised: safe in HTML, logs and terminals. */
export interface ScreeningFinding {
  /** Dotted, such as `data.title`; `(key)` at its end says that the key itself is meant. */
  readonly path: string
  readonly classes: readonly AttackClass[]
  readonly excerpt: string
}

/** A value and the way to it, which is put into words only when there is something to tell. */
interface Place {
  readonly value: unknown
  readonly parent: Place | undefined
  readonly key: string | number
}

/**
 * Screens every string of a parsed JSON value, keys included, however deep, in the order of the text, until there are
 * {@link screeningLimits}.findingsMax findings. Iterative, so that depth can't exhaust the stack.
 */
export function screenEvent(value: unknown): ScreeningFinding[] {
  const findings: ScreeningFinding[] = []
  const pending: Place[] = [{ value, parent: undefined, key: '' }]
  for (let place = pending.pop(); place !== undefined && findings.length < screeningLimits.findingsMax; place = pending.pop()) {
    if (typeof place.key === 'string' && place.parent !== undefined) addFinding(place.key, place, '(key)', findings)
    if (typeof place.value === 'string') addFinding(place.value, place, '', findings)
    else if (typeof place.value === 'object' && place.value !== null) addChildren(place, pending)
  }
  return findings
}

function addChildren(parent: Place, pending: Place[]): void {
  const value = parent.value as Record<string, unknown> | unknown[]
  if (Array.isArray(value)) {
    for (let index = value.length - 1; index >= 0; index--) pending.push({ value: value[index], parent, key: index })
    return
  }
  const keys = Object.keys(value)
  for (let index = keys.length - 1; index >= 0; index--) {
    const key = keys[index] ?? ''
    pending.push({ value: value[key], parent, key })
  }
}

function addFinding(text: string, place: Place, suffix: string, findings: ScreeningFinding[]): void {
  const classes = screenText(text)
  if (classes.length === 0 || findings.length >= screeningLimits.findingsMax) return
  const { pathLengthMax, excerptLengthMax } = screeningLimits
  findings.push({ path: neutralise(pathOf(place), pathLengthMax - suffix.length) + suffix, classes, excerpt: neutralise(text, excerptLengthMax) })
}

function pathOf(place: Place): string {
  const keys: string[] = []
  for (let at: Place | undefined = place; at?.parent !== undefined; at = at.parent) keys.push(String(at.key).slice(0, screeningLimits.pathLengthMax))
  return keys.reverse().join('.') || '(value)'
}
