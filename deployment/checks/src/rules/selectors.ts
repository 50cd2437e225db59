import { labelsOf, ofKind, selects, workloadsOf, type LabelSelector, type Labels } from '../kinds.ts'
import { finding, type Finding, type Manifest } from '../manifest.ts'

interface ServiceSpec {
  readonly selector?: Labels
  readonly ports: readonly { readonly name?: string; readonly port: number; readonly targetPort?: string | number }[]
}

/** Every selector finds what it is for, and nothing else; every port of a Service is one of its containers'. */
export function checkSelectors(manifests: readonly Manifest[]): readonly Finding[] {
  const workloads = workloadsOf(manifests)
  const findings: Finding[] = []
  for (const { manifest, selector, labels, runsOn } of workloads) {
    if (runsOn && !selects(selector, labels)) findings.push(finding(manifest, '/spec/selector', "doesn't match the labels of its own pods"))
    for (const other of workloads) {
      if (runsOn && other.manifest !== manifest && selects(selector, other.labels)) {
        findings.push(finding(manifest, '/spec/selector', `also takes the pods of ${other.manifest.kind}/${other.manifest.name}`))
      }
    }
  }
  const services = ofKind<ServiceSpec>(manifests, 'Service')
  for (const { manifest, spec } of services) {
    const behind = workloads.filter(({ labels, runsOn }) => runsOn && selects(spec.selector ?? {}, labels))
    if (spec.selector === undefined || behind.length === 0) findings.push(finding(manifest, '/spec/selector', 'selects no pod'))
    for (const { port, targetPort = port } of spec.ports) {
      for (const { manifest: workload, template } of behind) {
        const has = template.spec.containers.some(({ ports = [] }) => ports.some(({ name, containerPort }) => targetPort === name || targetPort === containerPort))
        if (!has) findings.push(finding(manifest, '/spec/ports', `leads to port ${targetPort}, which ${workload.kind}/${workload.name} doesn't have`))
      }
    }
  }
  for (const { manifest, spec } of ofKind<{ selector: LabelSelector }>(manifests, 'PodDisruptionBudget')) {
    if (!workloads.some(({ labels }) => selects(spec.selector.matchLabels ?? {}, labels))) findings.push(finding(manifest, '/spec/selector', 'selects no pod'))
  }
  for (const { manifest, spec } of ofKind<{ selector: LabelSelector; endpoints: readonly { port?: string }[] }>(manifests, 'ServiceMonitor')) {
    const watched = services.filter(({ manifest: service }) => selects(spec.selector.matchLabels ?? {}, labelsOf(service)))
    if (watched.length === 0) findings.push(finding(manifest, '/spec/selector', 'selects no Service'))
    for (const { port } of spec.endpoints) {
      if (!watched.some(({ spec: { ports } }) => ports.some(({ name }) => name === port))) findings.push(finding(manifest, '/spec/endpoints', `no Service has a port named ${port}`))
    }
  }
  return findings
}
