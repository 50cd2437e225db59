import type { Observation } from './observation.ts'

/**
 * A viewer's last events, oldest first, in the order in which they arrived: 11 characters an event, so at most 264 bytes a viewer, in memory and as
 * JSON. Never changed in place. It tells when someone was active and how far they went, so protect it like the events.
 */
export type EventSequence = string

/** One event as it enters a sequence. */
export interface SequencedEvent {
  /** Event time, ms since the epoch. */
  readonly atMs: number
  readonly observation: Observation
  /** From the viewer's last known place to that of this event; 0 when there was no journey. */
  readonly speedKmh: number
}

/** Events in a window. */
export const sequenceSteps = 24

/**
 * What a window says of each event, by column. Kinds of events that exclude each other share a column with opposite signs.
 *
 * | column | value | range |
 * |---|---|---|
 * | pause | ln(1 + seconds since the event before it), 0 for the first | 0 … 14 |
 * | hourSine, hourCosine | where the hour of day (UTC) stands on a circle; never both 0, so that a step of zeros is padding | −1 … 1 |
 * | findings | ln(1 + rules it breaks) | 0 … 14 |
 * | signIn | ln(1 + failed attempts), −1 for a correct sign-in | −1 … 14 |
 * | records | ln(1 + records of personal data accessed or exported) | 0 … 14 |
 * | travel | ln(1 + speed / 100 km/h) | 0 … 14 |
 * | disturbance | 1 for an error, −1 for a change of consent | −1, 0, 1 |
 */
export const sequenceFeatureNames = ['pause', 'hourSine', 'hourCosine', 'findings', 'signIn', 'records', 'travel', 'disturbance'] as const
export type SequenceFeatureName = (typeof sequenceFeatureNames)[number]

export const sequenceFeatures = sequenceFeatureNames.length

const columns = { pause: 0, hourSine: 1, hourCosine: 2, findings: 3, signIn: 4, records: 5, travel: 6, disturbance: 7 } as const satisfies Record<SequenceFeatureName, number>

export const emptySequence: EventSequence = ''

/** RFC 4648's alphabet for URLs: nothing in it has to be escaped in JSON. */
const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const valueOfDigit = new Uint8Array(128).fill(255)
for (let value = 0; value < 64; value += 1) valueOfDigit[digits.charCodeAt(value)] = value

/** Time in tenths of a second takes six digits, 36 bits, until the year 2187. */
const timeDigits = 6
const eventDigits = timeDigits + 5
const timeMax = 2 ** (6 * timeDigits) - 1

/** A digit holds ln(1 + x) in steps of 1/4.5: it tells numbers up to 6 apart, larger ones to about 12 %, up to 1.2 million. */
const levelsPerUnit = 4.5
const logarithmMax = 63 / levelsPerUnit

const kinds = { other: 0, error: 1, consentChange: 2, signedIn: 3 } as const

/**
 * The sequence with one more event; beyond 24 it forgets the oldest. A late event stands where it arrived: a viewer's events arrive in one order,
 * and a time stamp from the future takes no place for longer than any other.
 * @throws RangeError when the time isn't a finite number
 */
export function appendEvent(sequence: EventSequence, { atMs, observation, speedKmh }: SequencedEvent): EventSequence {
  if (!Number.isFinite(atMs)) throw new RangeError('the event time must be a finite number of milliseconds')
  let time = Math.min(timeMax, Math.max(0, Math.floor(atMs / 100)))
  let event = ''
  for (let digit = 0; digit < timeDigits; digit += 1) {
    event = digits[time % 64]! + event
    time = Math.floor(time / 64)
  }
  const { findings, signInFailures, records } = observation
  event += digits[kinds[kindOf(observation)]]! + levelOf(findings) + levelOf(signInFailures) + levelOf(records) + levelOf(speedKmh / 100)
  const kept = sequence.length < sequenceSteps * eventDigits ? sequence : sequence.slice(eventDigits)
  // Unlike +, which would hold on to every text it was made of.
  return [kept, event].join('')
}

/** How many events it holds. */
export function sequenceLength(sequence: EventSequence): number {
  return sequence.length / eventDigits
}

/** Event times, oldest first, ms since the epoch, to a tenth of a second. @throws RangeError when the sequence is malformed */
export function timesOfSequence(sequence: EventSequence): number[] {
  if (!isSequence(sequence)) throw new RangeError('the text is no sequence of events')
  return Array.from({ length: sequenceLength(sequence) }, (_, event) => Math.round(secondsAt(sequence, event * eventDigits) * 1_000))
}

/** The window of 24 events × 8 features, one event after another, the newest last, steps of zeros before a shorter history. */
export function windowOfSequence(sequence: EventSequence): Float32Array {
  const window = new Float32Array(sequenceSteps * sequenceFeatures)
  writeWindow(sequence, window, 0)
  return window
}

/**
 * Writes a window of 192 numbers into a batch.
 * @param batch zeros where the window goes
 * @throws RangeError when the sequence is malformed, or the batch too short
 */
export function writeWindow(sequence: EventSequence, batch: Float32Array, offset: number): void {
  if (!isSequence(sequence)) throw new RangeError('the text is no sequence of events')
  if (offset < 0 || offset + sequenceSteps * sequenceFeatures > batch.length) throw new RangeError(`no window fits into the batch at ${offset}`)
  const length = sequenceLength(sequence)
  let before: number | undefined
  for (let event = 0; event < length; event += 1) {
    const from = event * eventDigits
    const seconds = secondsAt(sequence, from)
    const kind = digitAt(sequence, from + timeDigits)
    const level = (place: number) => digitAt(sequence, from + timeDigits + place) / levelsPerUnit
    const angle = (2 * Math.PI * (seconds % 86_400)) / 86_400
    const failures = level(2)
    const to = offset + (sequenceSteps - length + event) * sequenceFeatures
    batch[to + columns.pause] = before === undefined ? 0 : Math.min(logarithmMax, Math.log1p(Math.max(0, seconds - before)))
    batch[to + columns.hourSine] = Math.sin(angle)
    batch[to + columns.hourCosine] = Math.cos(angle)
    batch[to + columns.findings] = level(1)
    batch[to + columns.signIn] = failures === 0 && kind === kinds.signedIn ? -1 : failures
    batch[to + columns.records] = level(3)
    batch[to + columns.travel] = level(4)
    batch[to + columns.disturbance] = kind === kinds.error ? 1 : kind === kinds.consentChange ? -1 : 0
    before = seconds
  }
}

/** Whether a text that was saved is a sequence. */
export function isSequence(text: string): boolean {
  if (text.length % eventDigits !== 0 || text.length > sequenceSteps * eventDigits) return false
  for (let at = 0; at < text.length; at += 1) {
    const value = digitAt(text, at)
    if (value > 63 || (at % eventDigits === timeDigits && value > kinds.signedIn)) return false
  }
  return true
}

function kindOf({ errors, consentChanges, signedIn }: Observation): keyof typeof kinds {
  return errors > 0 ? 'error' : consentChanges > 0 ? 'consentChange' : signedIn ? 'signedIn' : 'other'
}

function levelOf(amount: number): string {
  return digits[amount > 0 ? Math.min(63, Math.round(Math.log1p(amount) * levelsPerUnit)) : 0]!
}

function digitAt(text: string, at: number): number {
  const code = text.charCodeAt(at)
  return code < valueOfDigit.length ? valueOfDigit[code]! : 255
}

function secondsAt(sequence: EventSequence, from: number): number {
  let tenths = 0
  for (let at = from; at < from + timeDigits; at += 1) tenths = tenths * 64 + digitAt(sequence, at)
  return tenths / 10
}
