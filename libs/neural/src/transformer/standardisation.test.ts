import { expect, test } from '@jest/globals'
import { standardisationOf } from './standardisation.ts'

test('each feature is centred and scaled by all its events, padding left out, and one that never changes is kept as it is', () => {
  const values = Float32Array.of(0, 0, 0, /* two events */ 1000, 5, 0, 1004, 5, 1)
  const weights = standardisationOf({ values, labels: Uint8Array.of(1), steps: 3, features: 3 })
  expect([...weights.get('input/mean')!.values]).toEqual([1002, 5, 0.5])
  expect([...weights.get('input/scale')!.values]).toEqual([0.5, 1, 2])
})
