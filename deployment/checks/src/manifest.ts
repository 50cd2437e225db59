import { parseAllDocuments } from 'yaml'
import { z } from 'zod'

const labels = z.record(z.string(), z.string()).default({})
const selector = z.looseObject({ matchLabels: labels }).default({ matchLabels: {} })
const names = z.array(z.looseObject({ name: z.string() }))
const reference = z.looseObject({ name: z.string(), key: z.string().optional(), optional: z.boolean().optional() })

const container = z.looseObject({
  name: z.string(),
  image: z.string(),
  ports: z.array(z.looseObject({ name: z.string().optional(), containerPort: z.number() })).default([]),
  env: z.array(z.looseObject({ name: z.string(), valueFrom: z.looseObject({ secretKeyRef: reference.optional(), configMapKeyRef: reference.optional() }).optional() })).default([]),
  envFrom: z.array(z.looseObject({ configMapRef: reference.optional(), secretRef: reference.optional() })).default([]),
  resources: z.looseObject({ requests: z.record(z.string(), z.unknown()).default({}), limits: z.record(z.string(), z.unknown()).default({}) }).optional(),
  securityContext: z.looseObject({}).optional(),
})
export type Container = z.infer<typeof container>

const podSpec = z.looseObject({
  automountServiceAccountToken: z.boolean().optional(),
  serviceAccountName: z.string().optional(),
  securityContext: z.looseObject({}).default({}),
  containers: z.array(container),
  initContainers: z.array(container).default([]),
  volumes: z.array(z.looseObject({ name: z.string(), secret: z.looseObject({ secretName: z.string() }).optional(), configMap: z.looseObject({ name: z.string() }).optional() })).default([]),
})
const podTemplate = z.looseObject({ metadata: z.looseObject({ labels }), spec: podSpec })

const spec = z.looseObject({
  replicas: z.number().optional(),
  selector: z.unknown().optional(),
  template: z.unknown().optional(),
  podSelector: selector.optional(),
  ports: z.array(z.looseObject({ port: z.number(), targetPort: z.union([z.string(), z.number()]).optional() })).optional(),
})

const manifest = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({ name: z.string(), labels, annotations: labels }),
  spec: spec.optional(),
  data: z.record(z.string(), z.string()).optional(),
  stringData: z.record(z.string(), z.string()).optional(),
})

/** A rendered object of Kubernetes, as far as the checks look at it. */
export type Manifest = z.infer<typeof manifest>
export type PodTemplate = z.infer<typeof podTemplate>

/** Reads what Helm or Kustomize printed. Throws naming the document that isn't an object of Kubernetes. */
export function readManifests(text: string): Manifest[] {
  return parseAllDocuments(text)
    .map((document) => document.toJS() as unknown)
    .filter((content) => content !== null)
    .map((content, place) => {
      const read = manifest.safeParse(content)
      if (read.success) return read.data
      throw new Error(`document ${place + 1} is no object of Kubernetes: ${read.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ')}`)
    })
}

/** `Deployment violation`: what a person calls it. */
export function titleOf({ kind, metadata }: Manifest): string {
  return `${kind} ${metadata.name}`
}

/** The pods an object makes; undefined for one that makes none. */
export function podTemplateOf({ kind, spec: given }: Manifest): PodTemplate | undefined {
  return kind === 'Deployment' || kind === 'Job' ? podTemplate.parse(given?.template) : undefined
}

/** What an object selects pods by: a Service's plain labels, everybody else's `matchLabels`. */
export function selectorOf({ kind, spec: given }: Manifest): Readonly<Record<string, string>> | undefined {
  if (kind === 'Service') return labels.parse(given?.selector)
  if (kind === 'NetworkPolicy') return given?.podSelector?.matchLabels
  if (kind === 'Deployment' || kind === 'PodDisruptionBudget') return selector.parse(given?.selector).matchLabels
  return undefined
}

/** Whether pods with these labels are selected. */
export function selects(wanted: Readonly<Record<string, string>>, given: Readonly<Record<string, string>>): boolean {
  return Object.entries(wanted).every(([name, value]) => given[name] === value)
}

export const namesOf = (value: unknown): string[] => names.parse(value ?? []).map(({ name }) => name)
