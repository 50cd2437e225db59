import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { comparePlainBase, renderPlainBase } from './plain-base.ts'
import { documentedSecrets } from './documented-secrets.ts'
import { readManifests, type Finding, type Manifest } from './manifest.ts'
import { checkContainers } from './rules/containers.ts'
import { checkNames } from './rules/names.ts'
import { checkNetwork } from './rules/network.ts'
import { checkOfferedSettings } from './rules/offered-settings.ts'
import { checkReferences, type ExternalSecrets } from './rules/references.ts'
import { checkRoutes } from './rules/routes.ts'
import { checkScaling } from './rules/scaling.ts'
import { checkSelectors } from './rules/selectors.ts'
import { checkSettings, type DeclaredSettings } from './rules/settings.ts'
import { ProgramError, runProgram } from './run-program.ts'
import { kubernetesVersion, renderChart, type Deployment } from './render-chart.ts'

/** Sets of values that are checked: files in the chart's folder ci/, and values that are files of the repository. */
export const valueSets = ['trial', 'production', 'canary', 'gateway-and-monitoring'] as const
const fileValues = ['kong.declaration=kong/kong.yml', 'monitoring.rules=deployment/observability/prometheus/rules.yml']

export const overlays = ['local', 'production'] as const

export interface CheckResult {
  readonly name: string
  readonly findings: readonly Finding[]
  /** What was looked at: "63 documents". */
  readonly seen: string
}

/** All checks, one after the other. */
export async function* checkDeployment(deployment: Deployment): AsyncGenerator<CheckResult> {
  const { chart, plain, tools } = deployment
  const external = documentedSecrets(readFileSync(join(chart, 'README.md'), 'utf8'))
  for (const set of [undefined, ...valueSets]) {
    const values = valuesOf(deployment, set)
    yield await attempt(`helm lint, ${set ?? 'default values'}`, async () => {
      await runProgram(tools.helm, ['lint', '--strict', '--quiet', chart, '--kube-version', kubernetesVersion, ...values], { cwd: deployment.root })
      return { findings: [], seen: 'strict' }
    })
    yield await attempt(`helm template, ${set ?? 'default values'}`, async () =>
      checkText(deployment, await renderChart(deployment, values), external),
    )
  }
  yield await attempt('the chart sets what the services read', async () => {
    const rendered = await Promise.all([undefined, ...valueSets].map(async (set) => readManifests(await renderChart(deployment, valuesOf(deployment, set))).manifests))
    const [byDefault = [], ...bySets] = rendered
    return { findings: checkOfferedSettings(byDefault, bySets, deployment.declared), seen: `${deployment.declared.size} programs` }
  })
  yield await attempt('plain manifests are those of the chart', async () => {
    const files = await renderPlainBase(deployment)
    return { findings: comparePlainBase(plain, files), seen: `${Object.keys(files).length} files` }
  })
  for (const overlay of ['base', ...overlays.map((name) => `overlays/${name}`)]) {
    yield await attempt(`kustomize build, ${overlay}`, async () =>
      checkText(deployment, await runProgram(tools.kustomize, ['build', join(plain, overlay)]), external),
    )
  }
}

function valuesOf({ chart }: Deployment, set: string | undefined): readonly string[] {
  return [...(set === undefined ? [] : ['--values', join(chart, 'ci', `${set}.yaml`)]), ...fileValues.flatMap((value) => ['--set-file', value])]
}

function checkText({ validate, declared }: Deployment, text: string, external: ExternalSecrets): Omit<CheckResult, 'name'> {
  const { manifests, findings: unreadable } = readManifests(text)
  const seen = `${manifests.length} documents`
  const misshapen = [...unreadable, ...manifests.flatMap(validate)]
  // The rules count on the shapes that the schemas promise.
  if (misshapen.length > 0 || manifests.length === 0) return { findings: misshapen.length > 0 ? misshapen : [nothing], seen }
  return { findings: checkMeaning(manifests, declared, external), seen }
}

const nothing: Finding = { manifest: 'everything', path: '', reason: 'nothing was rendered' }

/** What a schema can't say. */
export function checkMeaning(manifests: readonly Manifest[], declared: ReadonlyMap<string, DeclaredSettings>, external: ExternalSecrets): readonly Finding[] {
  return [
    ...checkNames(manifests),
    ...checkContainers(manifests),
    ...checkSelectors(manifests),
    ...checkReferences(manifests, external),
    ...checkSettings(manifests, declared),
    ...checkScaling(manifests),
    ...checkRoutes(manifests),
    ...checkNetwork(manifests),
  ]
}

async function attempt(name: string, check: () => Promise<Omit<CheckResult, 'name'>>): Promise<CheckResult> {
  try {
    return { name, ...(await check()) }
  } catch (error) {
    if (!(error instanceof ProgramError)) throw error
    return { name, seen: '', findings: [{ manifest: name.split(',')[0] ?? name, path: '', reason: error.message }] }
  }
}
