import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { seededRandom } from '@ott/anomaly/seeded-random'
import { evaluateDetector } from './evaluate-detector.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ott-evaluate-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function evaluated(detector: string, text: string, options: { readonly label?: string; readonly standardise?: boolean; readonly seeds?: number } = {}) {
  const file = join(folder, 'data.csv')
  await writeFile(file, text)
  return evaluateDetector({ detector, file, label: 'label', standardise: false, seeds: 3, ...options })
}

const random = seededRandom(1)
const ordinary = Array.from({ length: 200 }, () => `${random.normal()},${random.normal() * 1_000},0`)
const odd = [[9, 0], [-9, 1e3], [8, -2e3], [-7, 0], [0, 3e4]].map(([a, b]) => `${a},${b},1`)
const text = ['a,b,label', ...ordinary, ...odd].join('\n')

test.each(['iforest', 'lof', 'statistical'])('%s tells what lies apart from the rest', async (detector) => {
  const { auc, ap, aucSd, fitMs, scoreRowsPerSecond } = await evaluated(detector, text, { standardise: true })
  expect(auc).toBeGreaterThan(0.95)
  expect(ap).toBeGreaterThan(0.7)
  expect(aucSd).toBeLessThan(0.05)
  expect(fitMs).toBeGreaterThan(0)
  expect(scoreRowsPerSecond).toBeGreaterThan(0)
})

test('the labels teach nothing: turned round they turn the figure round', async () => {
  const turned = text.replaceAll(/,([01])$/gm, (_, label) => `,${1 - Number(label)}`)
  for (const detector of ['iforest', 'lof', 'statistical']) {
    expect((await evaluated(detector, turned)).auc).toBeCloseTo(1 - (await evaluated(detector, text)).auc, 12)
  }
})

test('the spread over seeds is there where chance is, and only there', async () => {
  const crowd = ['a,b,label', ...ordinary.slice(0, 150), ...ordinary.slice(150).map((line) => line.replace(/0$/, '1'))].join('\n')
  expect((await evaluated('iforest', crowd)).aucSd).toBeGreaterThan(0)
  expect((await evaluated('lof', crowd)).aucSd).toBe(0)
  expect((await evaluated('statistical', crowd)).aucSd).toBe(0)
})

test('columns of unlike scales are brought to one when asked, which matters to distances', async () => {
  const raw = await evaluated('lof', text)
  expect((await evaluated('lof', text, { standardise: true })).auc).toBeGreaterThan(raw.auc)
})

test('what cannot be evaluated is refused in one sentence', async () => {
  await expect(evaluated('constructor', text)).rejects.toThrow('--detector: constructor is none of iforest, lof, statistical, ensemble')
  await expect(evaluated('lof', text, { label: 'y' })).rejects.toThrow('there is no column y for the label')
  await expect(evaluated('lof', 'a,label\n1,0\n2,0')).rejects.toThrow('all rows are labelled 0')
  await expect(evaluated('lof', 'a,label\n1,0\n1e200,1')).rejects.toThrow(/data\.csv: row 1, column 0: 1e\+200 is beyond/)
})
