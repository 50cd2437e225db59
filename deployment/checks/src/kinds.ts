import type { Manifest } from './manifest.ts'

/** What the rules read of the kinds they know. Each manifest has passed its schema before a rule sees it. */

export type Labels = Readonly<Record<string, string>>

export interface LabelSelector {
  readonly matchLabels?: Labels
  readonly matchExpressions?: readonly unknown[]
}

interface KeyReference {
  readonly name: string
  readonly key: string
  readonly optional?: boolean
}

export interface EnvironmentVariable {
  readonly name: string
  readonly value?: string
  readonly valueFrom?: { readonly secretKeyRef?: KeyReference; readonly configMapKeyRef?: KeyReference }
}

export interface Container {
  readonly name: string
  readonly image: string
  readonly env?: readonly EnvironmentVariable[]
  readonly envFrom?: readonly { readonly configMapRef?: { readonly name: string }; readonly secretRef?: { readonly name: string } }[]
  readonly ports?: readonly { readonly name?: string; readonly containerPort: number }[]
  readonly resources?: { readonly requests?: Labels; readonly limits?: Labels }
  readonly securityContext?: {
    readonly allowPrivilegeEscalation?: boolean
    readonly readOnlyRootFilesystem?: boolean
    readonly privileged?: boolean
    readonly capabilities?: { readonly drop?: readonly string[]; readonly add?: readonly string[] }
  }
  readonly startupProbe?: Probe
  readonly livenessProbe?: Probe
  readonly readinessProbe?: Probe
  readonly volumeMounts?: readonly { readonly name: string }[]
}

export interface Probe {
  readonly httpGet?: { readonly path?: string; readonly port: string | number }
}

export interface PodTemplate {
  readonly metadata?: { readonly labels?: Labels }
  readonly spec: {
    readonly serviceAccountName?: string
    readonly automountServiceAccountToken?: boolean
    readonly hostNetwork?: boolean
    readonly hostPID?: boolean
    readonly hostIPC?: boolean
    readonly terminationGracePeriodSeconds?: number
    readonly securityContext?: { readonly runAsNonRoot?: boolean; readonly seccompProfile?: { readonly type?: string } }
    readonly containers: readonly Container[]
    readonly initContainers?: readonly Container[]
    readonly volumes?: readonly {
      readonly name: string
      readonly configMap?: { readonly name: string }
      readonly secret?: { readonly secretName: string; readonly items?: readonly { readonly key: string }[] }
      readonly persistentVolumeClaim?: { readonly claimName: string }
      readonly hostPath?: unknown
    }[]
  }
}

export interface Workload {
  readonly manifest: Manifest
  /** The service it runs. */
  readonly component: string
  readonly labels: Labels
  readonly selector: Labels
  readonly replicas: number | undefined
  readonly template: PodTemplate
  readonly runsOn: boolean
}

/** Every object that makes pods. */
export function workloadsOf(manifests: readonly Manifest[]): readonly Workload[] {
  return manifests.flatMap((manifest) => {
    if (!['Deployment', 'StatefulSet', 'DaemonSet', 'Job'].includes(manifest.kind)) return []
    const spec = manifest.object['spec'] as { replicas?: number; selector?: LabelSelector; template: PodTemplate }
    const labels = spec.template.metadata?.labels ?? {}
    const component = labels['app.kubernetes.io/component'] ?? ''
    return [{ manifest, component, labels, selector: spec.selector?.matchLabels ?? {}, replicas: spec.replicas, template: spec.template, runsOn: manifest.kind !== 'Job' }]
  })
}

export function ofKind<Spec>(manifests: readonly Manifest[], kind: string): readonly { readonly manifest: Manifest; readonly spec: Spec }[] {
  return manifests.filter((each) => each.kind === kind).map((manifest) => ({ manifest, spec: manifest.object['spec'] as Spec }))
}

export function labelsOf(manifest: Manifest): Labels {
  return (manifest.object['metadata'] as { labels?: Labels }).labels ?? {}
}

/** Whether labels are what a selector of labels asks for; an empty one asks for nothing. */
export function selects(selector: Labels, labels: Labels): boolean {
  return Object.entries(selector).every(([name, value]) => labels[name] === value)
}
