import { parseArgs } from 'node:util'

/** Parts that are measured alone, in one process. */
const parts: Readonly<Record<string, () => Promise<unknown>>> = {
  compliance: () => import('./compliance-stage.ts'),
  detectors: () => import('./detectors-stage.ts'),
  'ml-scoring': () => import('./ml-scoring-stage.ts'),
  networks: () => import('./networks.ts'),
  subjects: () => import('./subjects.ts'),
  violation: () => import('./violation-stage.ts'),
}

/** `npm run bench`: the whole pipeline; with `--stage NAME`, one part of it. */
const { values } = parseArgs({ options: { stage: { type: 'string' } }, strict: false })
const measure = values.stage === undefined ? () => import('./whole-pipeline.ts') : parts[String(values.stage)]
if (measure === undefined) {
  process.stderr.write(`--stage: there are measurements of ${Object.keys(parts).join(', ')}, none of ${String(values.stage)}\n`)
  process.exitCode = 2
} else {
  await measure()
}
