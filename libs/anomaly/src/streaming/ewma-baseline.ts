import { scoreOf } from './judge-value.ts'
import { afterRest, rested, type Refractory } from './refractory.ts'
import { deviation, learnLevel, noLevel, type RunningLevel } from './running-level.ts'
import { checkedValue } from './series-value.ts'
import { emptyTail, learnMagnitude, surprise, type TailHistogram } from './tail-histogram.ts'

/** State of the baseline: plain JSON, never changed in place. */
export interface EwmaState {
  readonly level: RunningLevel
  readonly tail: TailHistogram
  readonly refractory: Refractory
}

export const emptyEwma: EwmaState = { level: noLevel, tail: emptyTail, refractory: rested }

/** The memory of the other detector. Of 0.1 to 0.0005 it serves the baseline best where a group has no say in its threshold. */
const fade = 0.001
const ordinary = 1

/**
 * The plain method any other has to beat: the distance from an exponentially weighted mean (Roberts 1959) in standard deviations.
 * All after it, surprise by its own history and rest after an alarm, is what [judgeValue](judge-value.ts) does.
 * @throws RangeError for a value or a time that is no finite number within range
 */
export function judgeByEwma(state: EwmaState, atMs: number, value: number): { readonly state: EwmaState; readonly score: number } {
  checkedValue(atMs, value)
  const magnitude = deviation(state.level, value)
  const loudness = Math.max(0, surprise(state.tail, magnitude) - ordinary)
  const { state: refractory, share } = afterRest(state.refractory, loudness)
  return {
    state: { level: learnLevel(state.level, value, fade), tail: learnMagnitude(state.tail, magnitude), refractory },
    score: scoreOf(loudness * share),
  }
}
