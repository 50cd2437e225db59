import { attackClasses, type AttackClass } from './attack-class.ts'
import { neutralise } from './neutralise.ts'
import type { ScreenText } from './remembering-screen.ts'
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

/** The classes of attack among findings, each once, in the order of {@link attackClasses}. */
export function classesOf(findings: readonly ScreeningFinding[]): AttackClass[] {
  const found = new Set(findings.flatMap(({ classes }) => classes))
  return attackClasses.filter((name) => found.has(name))
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
 * @param screen one that remembers, where many events are screened
 */
export function screenEvent(value: unknown, screen: ScreenText = screenText): ScreeningFinding[] {
  if (isClean(value, screen)) return []
  const findings: ScreeningFinding[] = []
  const pending: Place[] = [{ value, parent: undefined, key: '' }]
  for (let place = pending.pop(); place !== undefined && findings.length < screeningLimits.findingsMax; place = pending.pop()) {
    if (typeof place.key === 'string' && place.parent !== undefined) addFinding(place.key, place, '(key)', findings, screen)
    if (typeof place.value === 'string') addFinding(place.value, place, '', findings, screen)
    else if (typeof place.value === 'object' && place.value !== null) addChildren(place, pending)
  }
  return findings
}

/** Whether there is nothing to tell of: that is so of nearly every event, and needs no account of places. */
function isClean(value: unknown, screen: ScreenText): boolean {
  const pending: unknown[] = [value]
  while (pending.length > 0) {
    const next = pending.pop()
    if (typeof next === 'string') {
      if (screen(next).length > 0) return false
    } else if (Array.isArray(next)) {
      for (const element of next as unknown[]) if (typeof element === 'string' || typeof element === 'object') pending.push(element)
    } else if (typeof next === 'object' && next !== null) {
      for (const [key, field] of Object.entries(next)) {
        if (screen(key).length > 0) return false
        if (typeof field === 'string' || typeof field === 'object') pending.push(field)
      }
    }
  }
  return true
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

function addFinding(text: string, place: Place, suffix: string, findings: ScreeningFinding[], screen: ScreenText): void {
  const classes = screen(text)
  if (classes.length === 0 || findings.length >= screeningLimits.findingsMax) return
  const { pathLengthMax, excerptLengthMax } = screeningLimits
  findings.push({ path: neutralise(pathOf(place), pathLengthMax - suffix.length) + suffix, classes, excerpt: neutralise(text, excerptLengthMax) })
}

function pathOf(place: Place): string {
  const keys: string[] = []
  for (let at: Place | undefined = place; at?.parent !== undefined; at = at.parent) keys.push(String(at.key).slice(0, screeningLimits.pathLengthMax))
  return keys.reverse().join('.') || '(value)'
}
