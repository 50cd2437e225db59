import { ofKind, selects, workloadsOf, type LabelSelector, type Workload } from '../kinds.ts'
import { finding, type Finding, type Manifest } from '../manifest.ts'

interface Policy {
  readonly podSelector: LabelSelector
  readonly policyTypes?: readonly string[]
  readonly ingress?: readonly Rule[]
  readonly egress?: readonly Rule[]
}

interface Rule {
  readonly ports?: readonly { readonly port?: number | string; readonly protocol?: string }[]
  readonly from?: readonly Peer[]
  readonly to?: readonly Peer[]
}

interface Peer {
  readonly podSelector?: LabelSelector
  readonly namespaceSelector?: LabelSelector
  readonly ipBlock?: unknown
}

/**
 * Where policies are in use: each pod is under one in both directions, may ask for names, and has an opening at its own port alone;
 * and a way from pod to pod within the release is open at both of its ends.
 */
export function checkNetwork(manifests: readonly Manifest[]): readonly Finding[] {
  const policies = ofKind<Policy>(manifests, 'NetworkPolicy')
  if (policies.length === 0) return []
  const workloads = workloadsOf(manifests)
  const over = (workload: Workload, type: 'Ingress' | 'Egress') =>
    policies.filter(({ spec }) => spec.policyTypes?.includes(type) === true && selects(spec.podSelector.matchLabels ?? {}, workload.labels))
  const openings = (workload: Workload) => over(workload, 'Ingress').flatMap(({ spec }) => spec.ingress ?? [])
  const exits = (workload: Workload) => over(workload, 'Egress').flatMap(({ spec }) => spec.egress ?? [])

  const findings: Finding[] = []
  for (const workload of workloads) {
    for (const type of ['Ingress', 'Egress'] as const) {
      if (over(workload, type).length === 0) findings.push(finding(workload.manifest, '', `no network policy limits its ${type.toLowerCase()}`))
    }
    if (!exits(workload).some((rule) => opensPort(rule, 53))) findings.push(finding(workload.manifest, '', 'may not ask for names (DNS)'))
    const own = workload.template.spec.containers.flatMap(({ ports = [] }) => ports.map(({ containerPort }) => containerPort))
    for (const rule of openings(workload)) {
      if (rule.ports === undefined) findings.push(finding(workload.manifest, '', 'is open at every port'))
      for (const { port } of rule.ports ?? []) if (typeof port === 'number' && !own.includes(port)) findings.push(finding(workload.manifest, '', `is opened at port ${port}, which it doesn't have`))
    }
  }
  for (const from of workloads) {
    for (const to of workloads) {
      for (const rule of exits(from).filter((each) => each.to?.some((peer) => isPod(peer, to)) === true)) {
        for (const { port } of rule.ports ?? []) {
          const isOpen = openings(to).some((each) => opensPort(each, port) && (each.from === undefined || each.from.some((peer) => isPod(peer, from))))
          if (!isOpen) findings.push(finding(from.manifest, '', `may reach ${to.component} at ${port}, which doesn't let it in`))
        }
      }
    }
  }
  return findings
}

function opensPort({ ports }: Rule, wanted: number | string | undefined): boolean {
  return ports === undefined || ports.some(({ port }) => port === undefined || port === wanted)
}

/** Whether a peer names these pods of the same release. */
function isPod({ podSelector, namespaceSelector, ipBlock }: Peer, { labels }: Workload): boolean {
  return podSelector !== undefined && namespaceSelector === undefined && ipBlock === undefined && selects(podSelector.matchLabels ?? {}, labels)
}
