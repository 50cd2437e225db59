import { ofKind, selects, workloadsOf, type Labels } from '../kinds.ts'
import { finding, type Finding, type Manifest } from '../manifest.ts'

interface VirtualService {
  readonly hosts: readonly string[]
  readonly http?: readonly { readonly route?: readonly Destination[] }[]
}

interface Destination {
  readonly weight?: number
  readonly destination: { readonly host: string; readonly subset?: string; readonly port?: { readonly number?: number } }
}

interface DestinationRule {
  readonly host: string
  readonly subsets?: readonly { readonly name: string; readonly labels?: Labels }[]
}

/** Weights sum to 100; hosts are Services with that port; subsets are declared and have pods. */
export function checkRoutes(manifests: readonly Manifest[]): readonly Finding[] {
  const services = ofKind<{ selector?: Labels; ports: readonly { port: number }[] }>(manifests, 'Service')
  const rules = ofKind<DestinationRule>(manifests, 'DestinationRule')
  const workloads = workloadsOf(manifests)
  const findings: Finding[] = []
  for (const { manifest, spec } of ofKind<VirtualService>(manifests, 'VirtualService')) {
    for (const [index, { route = [] }] of (spec.http ?? []).entries()) {
      const path = `/spec/http/${index}/route`
      const sum = route.reduce((total, { weight = 0 }) => total + weight, 0)
      if (route.length > 1 && sum !== 100) findings.push(finding(manifest, path, `weights sum to ${sum}, not 100`))
      for (const { destination } of route) {
        const service = services.find(({ manifest: { name } }) => name === destination.host)
        if (service === undefined) findings.push(finding(manifest, path, `there is no Service ${destination.host}`))
        const port = destination.port?.number
        if (service !== undefined && port !== undefined && !service.spec.ports.some((each) => each.port === port)) findings.push(finding(manifest, path, `Service ${destination.host} has no port ${port}`))
        const rule = rules.find(({ spec: { host } }) => host === destination.host)
        const declared = rule?.spec.subsets?.some(({ name }) => name === destination.subset)
        if (destination.subset !== undefined && declared !== true) findings.push(finding(manifest, path, `no DestinationRule has the subset ${destination.subset} of ${destination.host}`))
      }
    }
  }
  for (const { manifest, spec } of rules) {
    const service = services.find(({ manifest: { name } }) => name === spec.host)
    for (const { name, labels = {} } of spec.subsets ?? []) {
      const wanted = { ...service?.spec.selector, ...labels }
      if (!workloads.some((workload) => selects(wanted, workload.labels))) findings.push(finding(manifest, '/spec/subsets', `no pod is in the subset ${name}`))
    }
  }
  return findings
}
