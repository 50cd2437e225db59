import { parseArgs } from 'node:util'

/** `npm run bench`: the whole pipeline; with `--stage compliance`, that stage alone in one process; with `--stage subjects`, the viewers ml-scoring holds. */
const { values } = parseArgs({ options: { stage: { type: 'string' } }, strict: false })

switch (values.stage) {
  case undefined:
    await import('./whole-pipeline.ts')
    break
  case 'compliance':
    await import('./compliance-stage.ts')
    break
  case 'subjects':
    await import('./subjects.ts')
    break
  default:
    process.stderr.write(`--stage: there is a measurement of compliance and of subjects, none of ${String(values.stage)}\n`)
    process.exitCode = 2
}
