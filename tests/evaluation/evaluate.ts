import { parseArgs } from 'node:util'
import { StartError } from '@ott/dev-env/start-error'
import { runCommand } from '@ott/local/running-installation'

const usage = `usage: npm run -s evaluate -- …
  --detector iforest|lof|statistical|ensemble --data FILE.csv [--label label] [--standardise] [--seeds 10]
  --six-factors TRAIN.csv TEST.csv
  --seasonal DIR [--tune DIR]
  --nab DIR --out DIR
  --attention DIR
  --federated DIR, of the same kind
  --record DIR, a folder of all these sets: runs everything and keeps the figures of docs/models.md`

/** `npm run -s evaluate`: measures a model on labelled data. One JSON object on standard output, diagnostics on standard error. */
await runCommand(async () => {
  process.stdout.write(`${JSON.stringify(await evaluate())}\n`)
  return 0
})

async function evaluate(): Promise<object> {
  const { values, positionals } = read()
  const { detector, data, label, standardise, seeds, seasonal, tune, nab, out, attention, federated, record } = values
  const sixFactors = values['six-factors']
  const modes = [detector, sixFactors, seasonal, nab, attention, federated, record].filter((mode) => mode !== undefined)
  if (modes.length !== 1) throw new StartError(usage)
  if (detector !== undefined && data !== undefined && positionals.length === 0) {
    const { evaluateDetector } = await import('./evaluate-detector.ts')
    return evaluateDetector({ detector, file: data, label: label ?? 'label', standardise: standardise ?? false, seeds: wholeNumber('--seeds', seeds ?? '10') })
  }
  const [testFile, ...more] = positionals
  if (sixFactors !== undefined && testFile !== undefined && more.length === 0) {
    const { evaluateSixFactors } = await import('./evaluate-six-factors.ts')
    return evaluateSixFactors({ trainFile: sixFactors, testFile })
  }
  if (positionals.length > 0) throw new StartError(usage)
  if (seasonal !== undefined) {
    const { evaluateSeasonal } = await import('./evaluate-seasonal.ts')
    return evaluateSeasonal({ folder: seasonal, tuneFolder: tune })
  }
  if (nab !== undefined && out !== undefined) {
    const { evaluateNab } = await import('./evaluate-nab.ts')
    return evaluateNab({ folder: nab, outFolder: out })
  }
  if (attention !== undefined) {
    const { evaluateAttention } = await import('./evaluate-attention.ts')
    return evaluateAttention({ folder: attention })
  }
  if (federated !== undefined) {
    const { evaluateFederated } = await import('./evaluate-federated.ts')
    return evaluateFederated({ folder: federated })
  }
  if (record !== undefined) {
    const { recordFigures } = await import('./record-figures.ts')
    return recordFigures({ folder: record })
  }
  throw new StartError(usage)
}

function read() {
  const text = { type: 'string' } as const
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        detector: text,
        data: text,
        label: text,
        standardise: { type: 'boolean' },
        seeds: text,
        'six-factors': text,
        seasonal: text,
        tune: text,
        nab: text,
        out: text,
        attention: text,
        federated: text,
        record: text,
      },
    })
  } catch (error) {
    throw new StartError(`${error instanceof Error ? error.message : String(error)}\n${usage}`)
  }
}

function wholeNumber(option: string, text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 1 || value > 1_000) throw new StartError(`${option}: ${text} is no whole number from 1 to 1000`)
  return value
}
