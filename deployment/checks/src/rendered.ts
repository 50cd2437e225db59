import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { reasonOf, runCommand } from '@ott/dev-env/run-command'
import type { Tools } from './tools.ts'

export const chartFolder = 'charts/ott-compliance'
export const kubernetesFolder = 'deployment/kubernetes'

/** The value sets that a chart is checked with. */
export function valueSets(root: string): string[] {
  return readdirSync(join(root, chartFolder, 'ci')).filter((name) => name.endsWith('.yaml')).sort()
}

/** The two texts that a release gets from files of the project. */
export const filesOfValues = ['--set-file', 'kong.declaration=kong/kong.yml', '--set-file', 'monitoring.rules=deployment/observability/prometheus/rules.yml']

export interface Rendered {
  /** Undefined: it could not be rendered, and `fault` says why. */
  readonly text?: string
  readonly fault?: string
}

/** Lints and renders a chart with a file of values. */
export async function renderChart({ helm }: Tools, root: string, chart: string, values: string): Promise<Rendered> {
  const args = [chart, '--values', values, ...filesOfValues]
  const lint = await runCommand(helm, ['lint', '--strict', '--quiet', ...args], { cwd: root })
  if (lint.code !== 0) return { fault: `helm lint: ${reasonOf(lint)}` }
  const template = await runCommand(helm, ['template', 'ott', ...args, '--namespace', 'ott'], { cwd: root })
  return template.code === 0 ? { text: template.stdout } : { fault: `helm template: ${reasonOf(template)}` }
}

/** Builds an overlay. */
export async function renderOverlay({ kustomize }: Tools, root: string, overlay: string): Promise<Rendered> {
  const build = await runCommand(kustomize, ['build', join(kubernetesFolder, 'overlays', overlay)], { cwd: root })
  return build.code === 0 ? { text: build.stdout } : { fault: `kustomize: ${reasonOf(build)}` }
}

/** Secrets that a release expects to be there: those of the table under "Secrets" in the chart's README. */
export function externalSecrets(root: string): Set<string> {
  const [, section = ''] = /^## Secrets\n([^]*?)(?=^## |(?![^]))/m.exec(readFileSync(join(root, chartFolder, 'README.md'), 'utf8')) ?? []
  return new Set([...section.matchAll(/^\| `([a-z0-9-]+)`/gm)].map(([, name = '']) => name))
}
