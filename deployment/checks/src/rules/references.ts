import { workloadsOf, type Workload } from '../kinds.ts'
import { finding, type Finding, type Manifest } from '../manifest.ts'

/** Secrets that are made outside the chart, with their keys. */
export type ExternalSecrets = Readonly<Record<string, readonly string[]>>

/** What a pod names (secrets, config maps, claims, its account, with the keys) is rendered too, or a documented external secret. */
export function checkReferences(manifests: readonly Manifest[], external: ExternalSecrets): readonly Finding[] {
  const keys = new Map<string, readonly string[]>(Object.entries(external).map(([name, own]) => [`Secret/${name}`, own]))
  for (const { kind, name, object } of manifests) {
    if (kind === 'ConfigMap' || kind === 'Secret') keys.set(`${kind}/${name}`, ['data', 'stringData', 'binaryData'].flatMap((field) => Object.keys((object[field] ?? {}) as object)))
    if (kind === 'ServiceAccount' || kind === 'PersistentVolumeClaim') keys.set(`${kind}/${name}`, [])
  }
  return workloadsOf(manifests).flatMap((workload) =>
    referencesOf(workload).flatMap(({ path, kind, name, key }) => {
      const known = keys.get(`${kind}/${name}`)
      if (known === undefined) return [finding(workload.manifest, path, `there is no ${kind} ${name}`)]
      if (key !== undefined && !known.includes(key)) return [finding(workload.manifest, path, `${kind} ${name} has no key ${key}`)]
      return []
    }),
  )
}

interface Reference {
  readonly path: string
  readonly kind: 'ConfigMap' | 'Secret' | 'ServiceAccount' | 'PersistentVolumeClaim'
  readonly name: string
  readonly key?: string
}

function referencesOf({ template: { spec } }: Workload): readonly Reference[] {
  const references: Reference[] = []
  const base = '/spec/template/spec'
  if (spec.serviceAccountName !== undefined) references.push({ path: `${base}/serviceAccountName`, kind: 'ServiceAccount', name: spec.serviceAccountName })
  for (const volume of spec.volumes ?? []) {
    const path = `${base}/volumes/${volume.name}`
    if (volume.configMap !== undefined) references.push({ path, kind: 'ConfigMap', name: volume.configMap.name })
    if (volume.persistentVolumeClaim !== undefined) references.push({ path, kind: 'PersistentVolumeClaim', name: volume.persistentVolumeClaim.claimName })
    const secret = volume.secret
    if (secret !== undefined) for (const { key } of secret.items ?? [{ key: undefined }]) references.push({ path, kind: 'Secret', name: secret.secretName, ...(key === undefined ? {} : { key }) })
  }
  for (const container of [...spec.containers, ...(spec.initContainers ?? [])]) {
    const path = `${base}/containers/${container.name}`
    for (const { configMapRef, secretRef } of container.envFrom ?? []) {
      if (configMapRef !== undefined) references.push({ path: `${path}/envFrom`, kind: 'ConfigMap', name: configMapRef.name })
      if (secretRef !== undefined) references.push({ path: `${path}/envFrom`, kind: 'Secret', name: secretRef.name })
    }
    for (const { name: variable, valueFrom } of container.env ?? []) {
      if (valueFrom?.configMapKeyRef !== undefined) references.push({ path: `${path}/env/${variable}`, kind: 'ConfigMap', ...valueFrom.configMapKeyRef })
      if (valueFrom?.secretKeyRef !== undefined) references.push({ path: `${path}/env/${variable}`, kind: 'Secret', ...valueFrom.secretKeyRef })
    }
  }
  return references
}
