import { parseArgs } from 'node:util'

/** `npm run bench`: the whole pipeline; with `--stage compliance` or `--stage detectors`, that part alone in one process. */
const { values } = parseArgs({ options: { stage: { type: 'string' } }, strict: false })

switch (values.stage) {
  case undefined:
    await import('./whole-pipeline.ts')
    break
  case 'compliance':
    await import('./compliance-stage.ts')
    break
  case 'detectors':
    await import('./detectors-stage.ts')
    break
  default:
    process.stderr.write(`--stage: there are measurements of compliance and detectors, none of ${String(values.stage)}\n`)
    process.exitCode = 2
}
