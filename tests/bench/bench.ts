import { parseArgs } from 'node:util'

/** `npm run bench`: the whole pipeline; with `--stage compliance`, that stage alone in one process; with `--stage networks`, the neural networks. */
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
  default:
    process.stderr.write(`--stage: there is a measurement of compliance and of networks, none of ${String(values.stage)}\n`)
    process.exitCode = 2
}
