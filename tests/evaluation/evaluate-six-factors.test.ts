import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { seededRandom } from '@ott/anomaly/seeded-random'
import { evaluateSixFactors, measureSixFactors } from './evaluate-six-factors.ts'
import { readTable } from './read-table.ts'
import { shiftedSplit } from './shifted-split.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'six-factors-'))
})
afterAll(() => rm(folder, { recursive: true }))

async function fileOf(name: string, rows: readonly string[], header = 'auth_failures,spread,label'): Promise<string> {
  const file = join(folder, name)
  await writeFile(file, `${[header, ...rows].join('\n')}\n`)
  return file
}
const rowsOf = (seed: number) => {
  const random = seededRandom(seed)
  return Array.from({ length: 600 }, (_, row) => (row % 4 === 0 ? `${3 + random.uniform()},${random.uniform()},1` : `${random.uniform()},${random.uniform()},0`))
}

test('what is easily told apart is, and the training file alone decides where the threshold lies', async () => {
  const [trainFile, testFile] = [await fileOf('train.csv', rowsOf(1)), await fileOf('test.csv', rowsOf(2))]
  const evaluation = await evaluateSixFactors({ trainFile, testFile })
  expect(evaluation.auc).toBeGreaterThan(0.99)
  expect(evaluation.balancedAccuracy).toBeGreaterThan(0.95)
  const onlyTwo = await fileOf('two.csv', [rowsOf(2)[0]!, rowsOf(2)[1]!])
  expect(await evaluateSixFactors({ trainFile, testFile: onlyTwo })).toEqual({ auc: 1, balancedAccuracy: 1, fpr: 0, accuracy: 1 })
})

test('files that don’t belong together, or say too little, are refused by name', async () => {
  const trainFile = await fileOf('train.csv', rowsOf(1))
  const other = await fileOf('other.csv', rowsOf(2), 'spread,auth_failures,label')
  await expect(evaluateSixFactors({ trainFile, testFile: other })).rejects.toThrow('other.csv: the columns are spread, auth_failures')
  const calm = await fileOf('calm.csv', ['0,0,0', '1,0,0'])
  await expect(evaluateSixFactors({ trainFile, testFile: calm })).rejects.toThrow('calm.csv: all rows are labelled 0')
  const few = await fileOf('few.csv', rowsOf(1).slice(0, 40))
  await expect(evaluateSixFactors({ trainFile: few, testFile: trainFile })).rejects.toThrow('few.csv: a supervised head needs 50 labels of each kind')
})

/** A labelled set that lies beside the project and is no part of it. Without it this test is skipped. */
const sessions = `${process.env.OTT_TEST_DATA ?? new URL('../../../shared/data', import.meta.url).pathname}/nslkdd6/train.csv`
const testWithSessions = existsSync(sessions) ? test : test.skip

testWithSessions.each([0, 4])('where two fifths of the kinds of attacks are new and the ordinary drifts, the bars are held (split %d)', async (seed) => {
  const { train, test: later } = shiftedSplit(await readTable(sessions, 'label'), { clusters: 16, seed })
  const evaluation = measureSixFactors(train, later)
  expect(evaluation.auc).toBeGreaterThan(0.95)
  expect(evaluation.balancedAccuracy).toBeGreaterThan(0.85)
  expect(evaluation.fpr).toBeLessThan(0.05)
}, 60_000)
