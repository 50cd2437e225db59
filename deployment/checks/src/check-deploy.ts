import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { StartError } from '@ott/dev-env/start-error'
import { declaredSettings } from './declared-settings.ts'
import { judgeManifests, type Surroundings } from './judge-manifests.ts'
import { readManifests } from './manifest.ts'
import { plainManifests } from './plain-manifests.ts'
import { plantedFaults } from './planted-faults.ts'
import { chartFolder, externalSecrets, kubernetesFolder, renderChart, renderOverlay, valueSets, type Rendered } from './rendered.ts'
import { ensureTools, type Tools } from './tools.ts'
import { openSchemas, type Schemas } from './validate-schemas.ts'

/**
 * `npm run check:deploy`: the chart with each of its value sets and the plain manifests, against the schemas of Kubernetes
 * and against what we know of our services. `-- --self-test` plants mistakes in a copy, each of which must be found;
 * `-- --write` renders the plain manifests anew.
 */
const root = fileURLToPath(new URL('../../../', import.meta.url))
const print = (line: string) => process.stdout.write(`${line}\n`)

interface Judges {
  readonly schemas: Schemas
  readonly surroundings: Surroundings
}

function faultsOf(rendered: Rendered, { schemas, surroundings }: Judges): { faults: string[]; objects: number } {
  if (rendered.text === undefined) return { faults: [rendered.fault ?? 'nothing was rendered'], objects: 0 }
  const faults = schemas.faultsOf(rendered.text)
  // What breaks its schema can't be judged further.
  if (faults.length > 0) return { faults, objects: 0 }
  const manifests = readManifests(rendered.text)
  return { faults: judgeManifests(manifests, surroundings), objects: manifests.length }
}

async function checkAll(tools: Tools, judges: Judges): Promise<number> {
  let failed = 0
  const tell = (what: string, { faults, objects }: { faults: readonly string[]; objects: number }) => {
    print(faults.length === 0 ? `ok    ${what}: ${objects} objects` : `FAIL  ${what}`)
    for (const fault of faults) print(`        ${fault}`)
    failed += faults.length
  }
  for (const values of valueSets(root)) {
    tell(`chart with ${values}`, faultsOf(await renderChart(tools, root, chartFolder, join(chartFolder, 'ci', values)), judges))
  }
  const drifted = await driftOf(tools)
  tell('plain manifests are what the chart renders', { faults: drifted.map(({ file }) => `${kubernetesFolder}/base/${file} differs: npm run check:deploy -- --write`), objects: 2 })
  for (const overlay of ['local', 'production']) {
    tell(`overlay ${overlay}`, faultsOf(await renderOverlay(tools, root, overlay), judges))
  }
  return failed
}

async function driftOf(tools: Tools): Promise<{ file: string; text: string }[]> {
  const { text, fault } = await renderChart(tools, root, chartFolder, join(kubernetesFolder, 'values.yaml'))
  if (text === undefined) throw new StartError(fault ?? 'the chart could not be rendered')
  const files = [...plainManifests(text)].map(([file, wanted]) => ({ file, text: wanted }))
  const committed = await Promise.all(files.map(({ file }) => readFile(join(root, kubernetesFolder, 'base', file), 'utf8').catch(() => '')))
  return files.filter(({ text: wanted }, place) => wanted !== committed[place])
}

/** Each planted mistake in a copy of the chart by itself: what isn't found is a hole in the check. */
async function selfTest(tools: Tools, judges: Judges, scratch: string): Promise<number> {
  let missed = 0
  for (const { what, file, from, to } of plantedFaults) {
    const chart = join(scratch, 'chart')
    await cp(join(root, chartFolder), chart, { recursive: true })
    const text = await readFile(join(chart, file), 'utf8')
    if (!text.includes(from)) throw new StartError(`${file} no longer holds "${from}", where ${what} is to be planted`)
    await writeFile(join(chart, file), text.replace(from, to))
    const found: string[] = []
    for (const values of valueSets(root)) {
      found.push(...faultsOf(await renderChart(tools, root, chart, join(chart, 'ci', values)), judges).faults)
    }
    print(found.length > 0 ? `found   ${what}: ${found[0]}` : `MISSED  ${what}`)
    if (found.length === 0) missed += 1
    await rm(chart, { recursive: true })
  }
  return missed
}

async function main(): Promise<number> {
  const tools = await ensureTools(join(root, '.data/tools'), (line) => print(`  ${line}`))
  if (process.argv.includes('--write')) {
    const drifted = await driftOf(tools)
    for (const { file, text } of drifted) await writeFile(join(root, kubernetesFolder, 'base', file), text)
    print(`plain manifests: ${drifted.length} changed`)
    return 0
  }
  const judges = { schemas: openSchemas(tools.schemaFolders), surroundings: { settings: declaredSettings(root), externalSecrets: externalSecrets(root) } }
  const scratch = await mkdtemp(join(tmpdir(), 'ott-check-deploy-'))
  try {
    const failed = process.argv.includes('--self-test') ? await selfTest(tools, judges, scratch) : await checkAll(tools, judges)
    print(failed === 0 ? 'all is well' : `${failed} faults`)
    return failed === 0 ? 0 : 1
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

try {
  process.exitCode = await main()
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
