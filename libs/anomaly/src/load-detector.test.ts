import { expect, test } from '@jest/globals'
import { matrixOf } from './data-matrix.ts'
import { toDetectorBytes } from './detector-bytes.ts'
import { detectorKinds, type Detector, type DetectorKind } from './detector.ts'
import { fitIsolationForest } from './isolation-forest.ts'
import { loadDetector } from './load-detector.ts'
import { fitLocalOutlierFactor } from './local-outlier-factor.ts'
import { seededRandom } from './seeded-random.ts'
import { fitStatisticalDetector } from './statistical-detector.ts'

const random = seededRandom(3)
const rows = matrixOf(Array.from({ length: 60 }, () => [random.normal(), random.normal()]))
const fitted: Record<DetectorKind, Detector> = {
  iforest: fitIsolationForest(rows, { seed: 1, trees: 5 }),
  lof: fitLocalOutlierFactor(rows),
  statistical: fitStatisticalDetector(rows),
}

test.each(detectorKinds)('%s comes back from its bytes as what it was, wherever in memory they lie', (kind) => {
  const bytes = fitted[kind].toBytes()
  const elsewhere = new Uint8Array(bytes.length + 3)
  elsewhere.set(bytes, 3)
  const loaded = loadDetector(elsewhere.subarray(3))
  expect(loaded.kind).toBe(kind)
  expect(loaded.score(rows)).toEqual(fitted[kind].score(rows))
})

test('what is no detector is refused by its name', () => {
  expect(() => loadDetector(new TextEncoder().encode('{"kind":"iforest"}'))).toThrow('these bytes are no model')
  expect(() => loadDetector(toDetectorBytes('lstm', 1, { numbers: {}, arrays: {} }))).toThrow('of kind lstm, none of iforest, lof, statistical')
  expect(() => loadDetector(toDetectorBytes('iforest', 1, { numbers: {}, arrays: {} }))).toThrow('threshold: no Float64Array')
})
