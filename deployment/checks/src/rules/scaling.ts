import { ofKind, selects, workloadsOf, type LabelSelector } from '../kinds.ts'
import { finding, type Finding, type Manifest } from '../manifest.ts'

interface Autoscaler {
  readonly scaleTargetRef: { readonly kind: string; readonly name: string }
  readonly minReplicas?: number
  readonly maxReplicas: number
}

interface Budget {
  readonly selector: LabelSelector
  readonly minAvailable?: number | string
  readonly maxUnavailable?: number | string
}

/** Autoscalers, budgets and replicas don't contradict each other: no tug of war, and no node that can't be drained. */
export function checkScaling(manifests: readonly Manifest[]): readonly Finding[] {
  const workloads = workloadsOf(manifests)
  const findings: Finding[] = []
  const leastOf = new Map(workloads.map(({ manifest, replicas = 1 }) => [manifest, replicas]))
  for (const { manifest, spec } of ofKind<Autoscaler>(manifests, 'HorizontalPodAutoscaler')) {
    const { minReplicas = 1, maxReplicas, scaleTargetRef } = spec
    if (minReplicas > maxReplicas) findings.push(finding(manifest, '/spec/minReplicas', `is above maxReplicas, ${maxReplicas}`))
    const target = workloads.find(({ manifest: { kind, name } }) => kind === scaleTargetRef.kind && name === scaleTargetRef.name)
    if (target === undefined) {
      findings.push(finding(manifest, '/spec/scaleTargetRef', `there is no ${scaleTargetRef.kind} ${scaleTargetRef.name}`))
      continue
    }
    leastOf.set(target.manifest, minReplicas)
    if (target.replicas !== undefined) findings.push(finding(target.manifest, '/spec/replicas', 'is set though an autoscaler decides it: each release would undo what it decided'))
    const unmeasured = target.template.spec.containers.filter(({ resources }) => resources?.requests?.['cpu'] === undefined)
    if (unmeasured.length > 0) findings.push(finding(target.manifest, '/spec/template/spec/containers', 'requests no cpu, of which the autoscaler takes its percentage'))
  }
  for (const { manifest, spec } of ofKind<Budget>(manifests, 'PodDisruptionBudget')) {
    const guarded = workloads.filter(({ labels }) => selects(spec.selector.matchLabels ?? {}, labels))
    const pods = guarded.reduce((sum, workload) => sum + (leastOf.get(workload.manifest) ?? 1), 0)
    const { minAvailable, maxUnavailable } = spec
    if (maxUnavailable === 0 || maxUnavailable === '0%') findings.push(finding(manifest, '/spec/maxUnavailable', 'no pod may ever be moved: nodes could not be drained'))
    const least = typeof minAvailable === 'string' ? Math.ceil((Number.parseInt(minAvailable, 10) / 100) * pods) : minAvailable
    if (least !== undefined && least >= pods) findings.push(finding(manifest, '/spec/minAvailable', `is all of the ${pods} pods: nodes could not be drained`))
  }
  return findings
}
