import { parseArgs } from 'node:util'
import { rowOf, type DataMatrix } from '@ott/anomaly/data-matrix'
import type { Detector } from '@ott/anomaly/detector'
import { fitIsolationForest } from '@ott/anomaly/isolation-forest'
import { fitLocalOutlierFactor } from '@ott/anomaly/local-outlier-factor'
import { seededRandom } from '@ott/anomaly/seeded-random'
import { fitStatisticalDetector } from '@ott/anomaly/statistical-detector'

/**
 * `npm run bench -- --stage detectors`: how long detectors take to fit and to score in one thread, on rows of six correlated columns, one row
 * in a hundred far off. Bars: the forest at least 100,000 rows/s and at most 0.1 ms a single row; LOF at most 1.5 s to fit 10,000 rows and
 * 0.5 ms a row. Best and median of the rounds: the best is what the code can do, the median what the machine lets it.
 */
const { values } = parseArgs({
  options: {
    stage: { type: 'string' },
    rows: { type: 'string', default: '10000' },
    columns: { type: 'string', default: '6' },
    rounds: { type: 'string', default: '7' },
  },
})
const [rowCount, columnCount, rounds] = [Number(values.rows), Number(values.columns), Number(values.rounds)]
for (const [name, value] of Object.entries({ rows: rowCount, columns: columnCount, rounds })) {
  if (!Number.isSafeInteger(value) || value < 1 || value > 1_000_000) throw new Error(`--${name}: no whole number from 1 to 1000000`)
}
const rows = population(rowCount, columnCount)
const window = population(100, columnCount)

measure('forest, 100 trees of 256', (seed) => fitIsolationForest(rows, { seed }))
const lof = measure('LOF, 20 neighbours', () => fitLocalOutlierFactor(rows))
report('LOF, 100 rows of the window replaced', 'ms', times(() => lof.withReference(window, rowCount)))
measure('statistical', () => fitStatisticalDetector(rows))

function measure<Model extends Detector>(name: string, fit: (seed: number) => Model): Model {
  let model = fit(0)
  report(`${name}: fit of ${rowCount} rows`, 'ms', times((round) => (model = fit(round))))
  const scored = times(() => model.score(rows)).map((ms) => (rowCount / ms) * 1_000)
  report(`${name}: many rows at once`, 'rows/s', scored, Math.max)
  const asked = Math.min(rowCount, 2_000)
  const single = times(() => {
    for (let row = 0; row < asked; row += 1) model.scoreRow(rowOf(rows, row))
  })
  report(`${name}: one row at a time`, 'ms', single.map((ms) => ms / asked))
  return model
}

function times(work: (round: number) => unknown): number[] {
  return Array.from({ length: rounds }, (_, round) => {
    const startedAtMs = performance.now()
    work(round)
    return performance.now() - startedAtMs
  })
}

function report(what: string, unit: string, figures: readonly number[], best: (...values: number[]) => number = Math.min) {
  const median = figures.toSorted((left, right) => left - right)[figures.length >>> 1]!
  const shown = (value: number) => (value >= 100 ? Math.round(value).toLocaleString('en') : value.toPrecision(3))
  process.stdout.write(`${what.padEnd(48)} best ${shown(best(...figures))}, median ${shown(median)} ${unit}\n`)
}

function population(count: number, columns: number): DataMatrix {
  const random = seededRandom(count)
  const drawn = new Float64Array(count * columns)
  for (let row = 0; row < count; row += 1) {
    const shared = random.normal()
    const reach = random.uniform() < 0.01 ? 8 : 1
    for (let column = 0; column < columns; column += 1) drawn[row * columns + column] = reach * (shared + random.normal())
  }
  return { values: drawn, rowCount: count, columnCount: columns }
}
