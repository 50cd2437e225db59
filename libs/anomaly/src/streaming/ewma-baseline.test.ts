import { expect, test } from '@jest/globals'
import { emptyEwma, judgeByEwma, type EwmaState } from './ewma-baseline.ts'
import { perDay, plainNoise, startMs, stepMs } from './series-fixture.ts'

function judged(values: readonly number[], state: EwmaState = emptyEwma, fromMs = startMs) {
  return values.map((value, row) => {
    const judgement = judgeByEwma(state, fromMs + row * stepMs, value)
    state = judgement.state
    return judgement
  })
}

const eventAt = 9 * perDay

test('the farther a value lies from the level the higher it scores, and one after an alarm scores less', () => {
  const scoreAt = (distance: number) => judged([...plainNoise(1).slice(0, eventAt), 100 + distance]).at(-1)!.score
  expect(scoreAt(0)).toBe(0)
  expect(scoreAt(80)).toBeGreaterThan(scoreAt(45))
  const [first, second] = judged([...plainNoise(1).slice(0, eventAt), 200, 200]).slice(-2)
  expect(first!.score).toBeGreaterThan(0.5)
  expect(second!.score).toBeLessThan(first!.score / 2 + 0.1)
})

test('state that went through JSON goes on as if nothing had been', () => {
  const values = plainNoise(2).slice(0, 1_000)
  const whole = judged(values)
  const saved = JSON.parse(JSON.stringify(whole[599]!.state)) as EwmaState
  expect(judged(values.slice(600), saved, startMs + 600 * stepMs)).toEqual(whole.slice(600))
})

test('what is no time and no number within range is refused by name', () => {
  expect(() => judgeByEwma(emptyEwma, 0, NaN)).toThrow('value: NaN')
  expect(() => judgeByEwma(emptyEwma, Infinity, 0)).toThrow('atMs: Infinity')
})
