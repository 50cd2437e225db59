import type { DeclaredSettings } from './rules/settings.ts'
import { runProgram } from './run-program.ts'
import { versions, type Tools } from './tools.ts'
import type { ValidateManifest } from './validate-manifest.ts'

/** Where the things to check are, and what they are held against. */
export interface Deployment {
  readonly root: string
  readonly chart: string
  readonly plain: string
  readonly tools: Pick<Tools, 'helm' | 'kustomize'>
  readonly validate: ValidateManifest
  readonly declared: ReadonlyMap<string, DeclaredSettings>
}

/** The release of Kubernetes that the chart is rendered for: the one whose schemas are used. */
export const kubernetesVersion = versions.kubernetes

/** What a chart renders to. File values are relative to the root. */
export function renderChart({ root, chart, tools }: Pick<Deployment, 'root' | 'chart' | 'tools'>, values: readonly string[]): Promise<string> {
  return runProgram(tools.helm, ['template', 'ott-compliance', chart, '--namespace', 'ott-compliance', '--kube-version', kubernetesVersion, ...values], { cwd: root })
}
