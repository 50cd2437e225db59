import { sequenceFeatures, sequenceSteps } from '@ott/anomaly/event-sequence'
import { eventWindowsFrom } from '@ott/anomaly/training/event-windows'
import { WindowsError } from '@ott/neural/transformer/labelled-windows'
import { splitWindows, type SplitWindows } from '@ott/neural/transformer/split-windows'
import { TrainingDataError } from '../model-trainer.ts'

export interface EncoderWindows extends SplitWindows {
  /** Windows in all parts together. */
  readonly count: number
  /** Of them, those that trouble followed. */
  readonly troubled: number
}

const countMin = 300
const troubledMin = 60
/** An encoder sees the hour of the day: of fewer days it would learn what happened at an hour once. */
const daysMin = 3
const dayMs = 86_400_000

/**
 * A tenant's windows in three parts, each viewer's in one. The same data and seed give the same parts.
 * @param data windows with what followed them, as `event-windows.ts` writes them
 * @throws {TrainingDataError} when they are too few to learn from, or of too short a time
 */
export function encoderWindows(data: Uint8Array, seed: number): EncoderWindows {
  const { values, labels, viewers, spanMs } = eventWindowsFrom(data)
  const troubled = labels.reduce((sum, label) => sum + label, 0)
  if (labels.length < countMin || troubled < troubledMin) {
    throw new TrainingDataError(`${labels.length} windows, ${troubled} of them followed by trouble, are too few to learn from: at least ${countMin} and ${troubledMin} are needed`)
  }
  if (spanMs < daysMin * dayMs) {
    throw new TrainingDataError(`windows of ${(spanMs / dayMs).toFixed(1)} days, the last day left out, are too few to learn from: at least ${daysMin} days are needed`)
  }
  const windows = { values, labels, steps: sequenceSteps, features: sequenceFeatures }
  try {
    return { ...splitWindows(windows, seed, { training: 0.7, validation: 0.15 }, (row) => viewers[row]!), count: labels.length, troubled }
  } catch (error) {
    // Trouble of a few viewers only, so that a part has none.
    throw error instanceof WindowsError ? new TrainingDataError(error.message) : error
  }
}
