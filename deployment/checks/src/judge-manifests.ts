import { namesOf, podTemplateOf, selectorOf, selects, titleOf, type Manifest } from './manifest.ts'

/** What the checks know beside the manifests. */
export interface Surroundings {
  /** Settings that each service reads. */
  readonly settings: ReadonlyMap<string, ReadonlySet<string>>
  /** Secrets that exist before the release: the ones its README lists. */
  readonly externalSecrets: ReadonlySet<string>
}

/** What is wrong with rendered manifests beyond their schemas, one sentence each. Pure. */
export function judgeManifests(manifests: readonly Manifest[], surroundings: Surroundings): string[] {
  return [
    ...manifests.flatMap(judgePods),
    ...manifests.flatMap((manifest) => judgeSelector(manifest, manifests)),
    ...manifests.flatMap((manifest) => judgeReferences(manifest, manifests, surroundings)),
    ...manifests.flatMap((manifest) => judgeSettings(manifest, surroundings)),
    ...judgeNetwork(manifests),
    ...judgeScaling(manifests),
    ...judgeRoutes(manifests),
  ]
}

/** The restricted Pod Security Standard, and more: no writable root, no token, bounded memory, probes for what serves. */
function judgePods(manifest: Manifest): string[] {
  const template = podTemplateOf(manifest)
  if (template === undefined) return []
  const { spec } = template
  const faults: string[] = []
  const mustBe = (what: string, holds: boolean) => void (holds || faults.push(`${titleOf(manifest)}: ${what}`))
  mustBe('its pods must run as non-root', spec.securityContext['runAsNonRoot'] === true)
  mustBe('its pods must have the seccomp profile RuntimeDefault', (spec.securityContext['seccompProfile'] as { type?: unknown } | undefined)?.type === 'RuntimeDefault')
  mustBe('its pods must get no token', spec.automountServiceAccountToken === false)
  mustBe('its pods must have a service account of their own', spec.serviceAccountName !== undefined && spec.serviceAccountName !== 'default')
  for (const container of [...spec.initContainers, ...spec.containers]) {
    const { name, image, securityContext = {}, resources } = container
    const drop = (securityContext['capabilities'] as { drop?: unknown } | undefined)?.drop
    mustBe(`${name} must not escalate privileges`, securityContext['allowPrivilegeEscalation'] === false)
    mustBe(`${name} must have a read-only root`, securityContext['readOnlyRootFilesystem'] === true)
    mustBe(`${name} must drop all capabilities`, Array.isArray(drop) && drop.includes('ALL'))
    mustBe(`${name} must ask for CPU and memory and bound its memory`, resources?.requests['cpu'] !== undefined && resources.requests['memory'] !== undefined && resources.limits['memory'] !== undefined)
    mustBe(`${name} must have an image of a certain version`, /:[^/:]+$/.test(image) && !image.endsWith(':latest'))
  }
  if (manifest.kind === 'Deployment') {
    for (const container of spec.containers) {
      for (const probe of ['startupProbe', 'livenessProbe', 'readinessProbe']) mustBe(`${container.name} must have a ${probe}`, container[probe] !== undefined)
    }
  }
  return faults
}

function judgeSelector(manifest: Manifest, all: readonly Manifest[]): string[] {
  const wanted = selectorOf(manifest)
  if (wanted === undefined) return []
  const templates = (manifest.kind === 'Deployment' ? [manifest] : all).flatMap((each) => podTemplateOf(each) ?? [])
  const selected = templates.filter(({ metadata }) => selects(wanted, metadata.labels))
  if (selected.length === 0) return [`${titleOf(manifest)} selects no pod`]
  if (manifest.kind !== 'Service') return []
  return (manifest.spec?.ports ?? []).flatMap(({ port, targetPort = port }) => {
    const missing = selected.filter(({ spec }) => !spec.containers.some(({ ports }) => ports.some(({ name, containerPort }) => targetPort === name || targetPort === containerPort)))
    return missing.length === 0 ? [] : [`${titleOf(manifest)}: no container of its pods has the port ${targetPort}`]
  })
}

function judgeReferences(manifest: Manifest, all: readonly Manifest[], { externalSecrets }: Surroundings): string[] {
  const template = podTemplateOf(manifest)
  if (template === undefined) return []
  const { containers, initContainers, volumes, serviceAccountName } = template.spec
  const made = (kind: string, name: string) => all.find((each) => each.kind === kind && each.metadata.name === name)
  const missing: string[] = []
  const need = (kind: 'ConfigMap' | 'Secret', name: string, key?: string) => {
    const found = made(kind, name)
    if (found === undefined && kind === 'Secret' && externalSecrets.has(name)) return
    if (found === undefined) missing.push(`${kind} ${name} is neither made nor listed as given`)
    else if (key !== undefined && found.data?.[key] === undefined && found.stringData?.[key] === undefined) missing.push(`${kind} ${name} has no key ${key}`)
  }
  for (const { env, envFrom } of [...initContainers, ...containers]) {
    for (const { valueFrom } of env) {
      if (valueFrom?.secretKeyRef !== undefined) need('Secret', valueFrom.secretKeyRef.name, valueFrom.secretKeyRef.key)
      if (valueFrom?.configMapKeyRef !== undefined) need('ConfigMap', valueFrom.configMapKeyRef.name, valueFrom.configMapKeyRef.key)
    }
    for (const { configMapRef, secretRef } of envFrom) {
      if (configMapRef !== undefined) need('ConfigMap', configMapRef.name)
      if (secretRef !== undefined) need('Secret', secretRef.name)
    }
  }
  for (const { secret, configMap } of volumes) {
    if (secret !== undefined) need('Secret', secret.secretName)
    if (configMap !== undefined) need('ConfigMap', configMap.name)
  }
  for (const name of namesOf(template.spec['imagePullSecrets'])) if (!externalSecrets.has(name) && !name.startsWith('registry-')) missing.push(`Secret ${name}, to pull images with, is not listed as given`)
  if (serviceAccountName !== undefined && made('ServiceAccount', serviceAccountName) === undefined) missing.push(`ServiceAccount ${serviceAccountName} is not made`)
  return missing.map((what) => `${titleOf(manifest)}: ${what}`)
}

/** A setting that a service doesn't read is a typo that nobody would notice. */
function judgeSettings(manifest: Manifest, { settings }: Surroundings): string[] {
  const service = /^(.+)-settings$/.exec(manifest.metadata.name)?.[1] ?? ''
  const known = settings.get(service)
  if (manifest.kind !== 'ConfigMap' || known === undefined) return []
  return Object.keys(manifest.data ?? {})
    .filter((name) => !known.has(name) && !name.startsWith('OTEL_'))
    .map((name) => `${titleOf(manifest)}: ${service} reads no setting ${name}`)
}

/** Where there is a policy at all, each pod is under one that stands for it alone, and under the one that denies. */
function judgeNetwork(manifests: readonly Manifest[]): string[] {
  const policies = manifests.filter(({ kind }) => kind === 'NetworkPolicy')
  if (policies.length === 0) return []
  return manifests.flatMap((manifest) => {
    const labels = podTemplateOf(manifest)?.metadata.labels
    if (labels === undefined) return []
    const covering = policies.filter((policy) => selects(selectorOf(policy) ?? {}, labels))
    return covering.some((policy) => selectorOf(policy)?.['app.kubernetes.io/component'] !== undefined) ? [] : [`${titleOf(manifest)}: no network policy of its own covers its pods`]
  })
}

function judgeScaling(manifests: readonly Manifest[]): string[] {
  return manifests.flatMap((manifest) => {
    if (manifest.kind !== 'HorizontalPodAutoscaler') return []
    const { scaleTargetRef, minReplicas = 1, maxReplicas } = manifest.spec as { scaleTargetRef?: { name?: string }; minReplicas?: number; maxReplicas?: number }
    const target = manifests.find(({ kind, metadata }) => kind === 'Deployment' && metadata.name === scaleTargetRef?.name)
    if (target === undefined) return [`${titleOf(manifest)} scales nothing that is made`]
    const faults: string[] = []
    if (target.spec?.replicas !== undefined) faults.push(`${titleOf(manifest)}: ${titleOf(target)} names its replicas, too: each release would set them back`)
    if (maxReplicas === undefined || minReplicas > maxReplicas) faults.push(`${titleOf(manifest)}: its least is above its most`)
    return faults
  })
}

interface Route {
  readonly route?: readonly { readonly weight?: number; readonly destination?: { readonly host?: string; readonly subset?: string } }[]
}

/** Shares of requests sum to 100, and go to subsets whose pods are made. */
function judgeRoutes(manifests: readonly Manifest[]): string[] {
  return manifests.flatMap((manifest) => {
    if (manifest.kind !== 'VirtualService') return []
    const faults: string[] = []
    for (const { route = [] } of (manifest.spec as { http?: Route[] }).http ?? []) {
      const sum = route.reduce((total, { weight = 100 }) => total + weight, 0)
      if (sum !== 100) faults.push(`${titleOf(manifest)}: its weights sum to ${sum}, not 100`)
      for (const { destination } of route) {
        const rule = manifests.find(({ kind, spec }) => kind === 'DestinationRule' && spec?.['host'] === destination?.host)
        const subsets = (rule?.spec?.['subsets'] ?? []) as { name: string; labels: Record<string, string> }[]
        const subset = subsets.find(({ name }) => name === destination?.subset)
        const isMade = subset !== undefined && manifests.some((each) => selects(subset.labels, podTemplateOf(each)?.metadata.labels ?? {}))
        if (!isMade) faults.push(`${titleOf(manifest)}: nothing is made for the subset ${destination?.subset} of ${destination?.host}`)
      }
    }
    return faults
  })
}

