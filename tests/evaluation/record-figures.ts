import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { StartError } from '@ott/dev-env/start-error'
import { evaluateAttention } from './evaluate-attention.ts'
import { evaluateDetector } from './evaluate-detector.ts'
import { evaluateFederated } from './evaluate-federated.ts'
import { evaluateNab } from './evaluate-nab.ts'
import { evaluateSeasonal } from './evaluate-seasonal.ts'
import { measureSixFactors, type SixFactorsEvaluation } from './evaluate-six-factors.ts'
import type { DetectorFigures, ModelFigures, ReferenceFigures } from './model-figures.ts'
import { readTable } from './read-table.ts'
import { shiftedSplit } from './shifted-split.ts'

const figuresFile = new URL('./figures.json', import.meta.url)
const forestSeeds = 10
const ensembleSeeds = 5
/** Splits of the labelled sessions in which the later part holds kinds of anomalies that the earlier part hasn't. */
const splits = [0, 1, 2, 3, 4]
const splitClusters = 16

/** Runs all evaluations on a folder of public sets and keeps their figures: what docs/models.md is made from. Takes some minutes. */
export async function recordFigures({ folder }: { readonly folder: string }): Promise<object> {
  const figures: ModelFigures = {
    measuredOn: new Date().toISOString().slice(0, 10),
    detectors: await detectorFigures(join(folder, 'adbench')),
    sixFactors: await sixFactorFigures(join(folder, 'nslkdd6', 'train.csv')),
    seasonal: (await step('seasonal series', () => evaluateSeasonal({ folder: join(folder, 'seasonal'), tuneFolder: undefined }))) as ModelFigures['seasonal'],
    nab: await nabFigures(join(folder, 'nab')),
    attention: (await step('attention', () => evaluateAttention({ folder: join(folder, 'attention') }))) as ModelFigures['attention'],
    federated: await step('averaging across tenants', () => evaluateFederated({ folder: join(folder, 'attention') })),
  }
  await writeFile(figuresFile, `${JSON.stringify(figures, undefined, 2)}\n`)
  return { written: 'tests/evaluation/figures.json', sets: figures.detectors.length }
}

async function detectorFigures(folder: string): Promise<DetectorFigures[]> {
  const reference = JSON.parse(await readFile(join(folder, 'reference.json'), 'utf8')) as { sets: ReferenceFigures[] }
  const files = (await readdir(folder)).filter((name) => name.endsWith('.csv')).sort()
  if (files.length === 0) throw new StartError(`${folder}: no CSV file`)
  const figures: DetectorFigures[] = []
  for (const name of files) {
    const set = basename(name, '.csv')
    const known = reference.sets.find((each) => each.name === set)
    if (known === undefined) throw new StartError(`${folder}/reference.json: nothing is said of ${set}`)
    const evaluate = (detector: string, seeds: number, standardise = false) => step(`${detector} on ${set}`, () => evaluateDetector({ detector, file: join(folder, name), label: 'label', standardise, seeds }))
    figures.push({
      reference: known,
      iforest: await evaluate('iforest', forestSeeds),
      lof: await evaluate('lof', 1, true),
      statistical: await evaluate('statistical', 1),
      ensemble: await evaluate('ensemble', ensembleSeeds),
    })
  }
  return figures
}

async function sixFactorFigures(file: string): Promise<SixFactorsEvaluation[]> {
  const table = await readTable(file, 'label')
  const figures: SixFactorsEvaluation[] = []
  for (const seed of splits) {
    figures.push(
      await step(`six factors, split ${seed}`, async () => {
        const { train, test } = shiftedSplit(table, { clusters: splitClusters, seed })
        return measureSixFactors(train, test)
      }),
    )
  }
  return figures
}

async function nabFigures(folder: string): Promise<ModelFigures['nab']> {
  const outFolder = await mkdtemp(join(tmpdir(), 'ott-nab-'))
  try {
    return ((await step('NAB', () => evaluateNab({ folder, outFolder }))) as { detectors: ModelFigures['nab'] }).detectors
  } finally {
    await rm(outFolder, { recursive: true, force: true })
  }
}

async function step<Result>(name: string, measure: () => Promise<Result>): Promise<Result> {
  process.stderr.write(`measuring ${name}\n`)
  return measure()
}
