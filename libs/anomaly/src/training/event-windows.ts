import { arrayOf, DetectorBytesError, fromDetectorBytes, numberOf, toDetectorBytes } from '../detector-bytes.ts'
import { sequenceFeatures, sequenceSteps, writeWindow, type EventSequence } from '../event-sequence.ts'
import { observationOf } from '../observation.ts'
import { observe, type RiskProfile } from '../risk-profile.ts'
import { seededRandom } from '../seeded-random.ts'
import { labelOfWindow, labelSourceOf, type JudgedCase, type LabelSource } from '../sequence-labels.ts'
import { createReservoir } from './reservoir.ts'

/** Windows of viewers' events with what came after them: nobody's name is in it. */
export interface EventWindows {
  /** 24 events × 8 features each, one window after another. */
  readonly values: Float32Array
  /** 1: trouble followed; 0: none did. */
  readonly labels: Uint8Array
  /** A number for each window's viewer: windows of one viewer overlap, and belong into one part when they are split. */
  readonly viewers: Uint32Array
  /** From the end of the earliest window to that of the latest, event time in ms. */
  readonly spanMs: number
}

export interface WindowOptions {
  /** Windows kept while reading, by lot among all. */
  readonly windowsMax: number
  /** Windows without trouble for each one with. */
  readonly quietShareMax: number
  readonly seed: number
  /** What people made of cases, by viewer. */
  readonly cases: ReadonlyMap<string, readonly JudgedCase[]>
  /** Up to when what happened is known, event time in ms since the epoch. */
  readonly nowMs: number
}

interface Candidate {
  readonly viewer: string
  readonly endMs: number
  readonly sequence: EventSequence
}

const hourMs = 3_600_000
/** Breaches of one viewer that are remembered; windows ask about a day each. */
const breachesMax = 1_000

/**
 * Works through what viewers did, in the order of arrival, and keeps windows of their latest events, one a viewer and hour, to be labelled by what followed
 * (sequence-labels.ts). The same events, cases and seed give the same windows.
 */
export function collectEventWindows({ windowsMax, quietShareMax, seed, cases, nowMs }: WindowOptions) {
  const profiles = new Map<string, RiskProfile>()
  const breaches = new Map<string, number[]>()
  const reservoir = createReservoir<Candidate>(windowsMax, seededRandom(seed))

  const label = (source: LabelSource) => ({ viewer, endMs }: Candidate) => labelOfWindow(endMs, { cases: cases.get(viewer) ?? [], breachesMs: breaches.get(viewer) ?? [] }, { source, nowMs })

  return {
    add({ type, subject, time, data, findingsCount }: { readonly type: string; readonly subject: string; readonly time: string; readonly data: object; readonly findingsCount: number }): void {
      const atMs = Date.parse(time)
      const before = profiles.get(subject)
      if (before?.recent !== undefined && Math.floor(atMs / hourMs) > before.lessonHour) reservoir.offer({ viewer: subject, endMs: before.clockMs, sequence: before.recent })
      profiles.set(subject, observe(before, observationOf({ type, data }, findingsCount), atMs))
      if (findingsCount === 0) return
      const own = breaches.get(subject) ?? []
      if (own.length < breachesMax) own.push(atMs)
      breaches.set(subject, own)
    },
    finish(): EventWindows {
      const verdicts = [...cases.values()].flat()
      const source = labelSourceOf({ confirmed: verdicts.filter(({ verdict }) => verdict === 'confirmed').length, dismissed: verdicts.filter(({ verdict }) => verdict === 'dismissed').length })
      const labelled = reservoir.kept.flatMap((candidate) => {
        const told = label(source)(candidate)
        return told === undefined ? [] : [{ ...candidate, label: told }]
      })
      const troubled = labelled.filter((each) => each.label === 1)
      const quiet = labelled.filter((each) => each.label === 0)
      // Quiet ones by the lot that was drawn above: their order is chance enough.
      const chosen = [...troubled, ...quiet.slice(0, Math.max(1, troubled.length) * quietShareMax)].sort((a, b) => a.endMs - b.endMs || (a.viewer < b.viewer ? -1 : 1))
      const values = new Float32Array(chosen.length * sequenceSteps * sequenceFeatures)
      for (const [row, { sequence }] of chosen.entries()) writeWindow(sequence, values, row * sequenceSteps * sequenceFeatures)
      const numbers = new Map<string, number>()
      const viewers = Uint32Array.from(chosen, ({ viewer }) => {
        if (!numbers.has(viewer)) numbers.set(viewer, numbers.size)
        return numbers.get(viewer)!
      })
      return { values, labels: Uint8Array.from(chosen, (each) => each.label), viewers, spanMs: chosen.length === 0 ? 0 : chosen.at(-1)!.endMs - chosen[0]!.endMs }
    },
  }
}

const formatVersion = 2

/** Windows as bytes, to be kept by their hash: the same windows give the same bytes. */
export function eventWindowsToBytes({ values, labels, viewers, spanMs }: EventWindows): Uint8Array {
  // The bits of the numbers, so that they come back as they were.
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length)
  return toDetectorBytes('event-windows', formatVersion, { numbers: { spanMs }, arrays: { bits, labels: Uint16Array.from(labels), viewers } })
}

/** @throws DetectorBytesError for bytes that are no windows, or damaged */
export function eventWindowsFrom(bytes: Uint8Array): EventWindows {
  const content = fromDetectorBytes(bytes, 'event-windows', formatVersion)
  const viewers = arrayOf(content, 'viewers', 'Uint32Array')
  const bits = arrayOf(content, 'bits', 'Uint32Array', viewers.length * sequenceSteps * sequenceFeatures)
  const labels = Uint8Array.from(arrayOf(content, 'labels', 'Uint16Array', viewers.length))
  if (labels.some((each) => each > 1)) throw new DetectorBytesError('labels: not all are 0 or 1')
  return { values: new Float32Array(bits.buffer, bits.byteOffset, bits.length), labels, viewers, spanMs: numberOf(content, 'spanMs') }
}
