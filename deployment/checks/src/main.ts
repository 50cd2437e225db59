import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { dashboardSettings } from '@ott/dashboard/settings'
import { schemas } from '@ott/prepare/prepare-installation'
import { passwordSettingOf } from '@ott/prepare/settings'
import { parse } from 'yaml'
import { z } from 'zod'
import { checkDeployment } from './check-deployment.ts'
import { declaredBy, readDeclaredSettings } from './declared-settings.ts'
import { renderPlainBase, writePlainBase } from './plain-base.ts'
import { linesOf, provePlantedFaults } from './planted-faults.ts'
import type { Deployment } from './render-chart.ts'
import { MissingToolError, prepareTools } from './tools.ts'
import { createValidator } from './validate-manifest.ts'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const toolsFolder = join(root, '.data/tools')
const say = (line: string) => void process.stdout.write(`${line}\n`)

/** What the image `prepare` reads. */
const prepareSettings = z.object({
  ADMIN_DATABASE_URL: z.string().min(1),
  KAFKA_BROKERS: z.string().min(1),
  KAFKA_PARTITIONS: z.coerce.number().int().min(1),
  KAFKA_TOPIC_PREFIX: z.string().optional(),
  ...Object.fromEntries(schemas.map(({ service }) => [passwordSettingOf(service), z.string().min(1)])),
})

async function readDeployment(): Promise<Deployment> {
  const { schemas: kubernetesSchemas, ...tools } = await prepareTools(toolsFolder, say)
  const declared = new Map(await readDeclaredSettings(root)).set('prepare', declaredBy(prepareSettings)).set('dashboard', declaredBy(dashboardSettings))
  return { root, chart: join(root, 'charts/ott-compliance'), plain: join(root, 'deployment/kubernetes'), tools, validate: createValidator(kubernetesSchemas), declared }
}

function servicesOf(chart: string): readonly string[] {
  const { services } = parse(readFileSync(join(chart, 'values.yaml'), 'utf8')) as { services: Record<string, unknown> }
  return Object.keys(services)
}

async function checkAll(deployment: Deployment): Promise<boolean> {
  const startedAt = Date.now()
  let passed = 0
  let failed = 0
  for await (const result of checkDeployment(deployment)) {
    const isGood = result.findings.length === 0
    say(`${isGood ? 'ok    ' : 'FAILED'} ${result.name}${result.seen === '' ? '' : ` (${result.seen})`}`)
    for (const line of linesOf(result)) say(`       ${line}`)
    if (isGood) passed++
    else failed++
  }
  const unknown = servicesOf(deployment.chart).filter((name) => !deployment.declared.has(name))
  if (unknown.length > 0) say(`note   settings are not checked of ${unknown.join(', ')}: there is no services/<name>/src/service.ts`)
  say(`${passed} passed, ${failed} failed, in ${((Date.now() - startedAt) / 1_000).toFixed(1)} s`)
  return failed === 0
}

async function proveAll(deployment: Deployment): Promise<boolean> {
  let missed = 0
  for await (const { name, said } of provePlantedFaults(deployment, toolsFolder)) {
    say(said === undefined ? `MISSED ${name}` : `found  ${name}\n       ${said.split('\n').join('\n       ')}`)
    if (said === undefined) missed++
  }
  say(missed === 0 ? 'every planted fault was found' : `${missed} planted faults were not found`)
  return missed === 0
}

const { values: options } = parseArgs({ options: { 'self-test': { type: 'boolean' }, write: { type: 'boolean' } } })
try {
  const deployment = await readDeployment()
  if (options.write === true) await writePlainBase(deployment.plain, await renderPlainBase(deployment))
  const isGood = await checkAll(deployment)
  const isProven = options['self-test'] !== true || (isGood && (await proveAll(deployment)))
  process.exitCode = isGood && isProven ? 0 : 1
} catch (error) {
  process.stderr.write(`${error instanceof MissingToolError ? error.message : String((error as Error).stack ?? error)}\n`)
  process.exitCode = 1
}
