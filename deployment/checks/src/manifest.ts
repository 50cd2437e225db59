import { parseAllDocuments } from 'yaml'

/** One Kubernetes object as it was rendered. */
export interface Manifest {
  readonly apiVersion: string
  readonly kind: string
  readonly name: string
  readonly object: Readonly<Record<string, unknown>>
}

/** What is wrong, and where. */
export interface Finding {
  /** `Deployment/ingest` */
  readonly manifest: string
  /** `/spec/template/spec`, or empty for the whole. */
  readonly path: string
  readonly reason: string
}

export function finding(manifest: Manifest, path: string, reason: string): Finding {
  return { manifest: nameOf(manifest), path, reason }
}

export function nameOf({ kind, name }: Pick<Manifest, 'kind' | 'name'>): string {
  return `${kind}/${name}`
}

/** Reads rendered YAML. Documents that are none, or have a key twice, are findings; empty ones are nothing. */
export function readManifests(text: string): { manifests: readonly Manifest[]; findings: readonly Finding[] } {
  const manifests: Manifest[] = []
  const findings: Finding[] = []
  parseAllDocuments(text).forEach((document, index) => {
    const place = `document ${index + 1}`
    for (const error of document.errors) findings.push({ manifest: place, path: '', reason: error.message.split('\n')[0] ?? error.code })
    if (document.errors.length > 0) return
    const object = document.toJS() as unknown
    if (object === null) return
    if (!isRecord(object)) return void findings.push({ manifest: place, path: '', reason: 'is no object' })
    const { apiVersion, kind, metadata } = object
    const name = isRecord(metadata) ? metadata['name'] : undefined
    if (typeof apiVersion !== 'string' || typeof kind !== 'string' || typeof name !== 'string') {
      return void findings.push({ manifest: place, path: '', reason: 'has no apiVersion, kind or metadata.name' })
    }
    manifests.push({ apiVersion, kind, name, object })
  })
  const seen = new Set<string>()
  for (const manifest of manifests) {
    if (seen.has(nameOf(manifest))) findings.push(finding(manifest, '', 'is there twice'))
    seen.add(nameOf(manifest))
  }
  return { manifests, findings }
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
