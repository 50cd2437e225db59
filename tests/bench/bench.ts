import { parseArgs } from 'node:util'

/** `npm run bench`: the whole pipeline; with `--stage NAME`, one part of it alone in one process. */
const { values } = parseArgs({ options: { stage: { type: 'string' } }, strict: false })

switch (values.stage) {
  case undefined:
    await import('./whole-pipeline.ts')
    break
  case 'compliance':
    await import('./compliance-stage.ts')
    break
  case 'networks':
    await import('./networks.ts')
    break
  case 'subjects':
    await import('./subjects.ts')
    break
  default:
    process.stderr.write(`--stage: there is a measurement of compliance, networks and subjects, none of ${String(values.stage)}\n`)
    process.exitCode = 2
}
