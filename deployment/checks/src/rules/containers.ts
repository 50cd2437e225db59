import { finding, type Finding, type Manifest } from '../manifest.ts'
import { workloadsOf, type Container, type Workload } from '../kinds.ts'

/** Every pod is restricted as the Pod Security Standards say; every container has resources, and probes where it runs on. */
export function checkContainers(manifests: readonly Manifest[]): readonly Finding[] {
  return workloadsOf(manifests).flatMap((workload) => {
    const { spec } = workload.template
    const pod = [
      [spec.securityContext?.runAsNonRoot === true, 'runAsNonRoot is not true'],
      [['RuntimeDefault', 'Localhost'].includes(spec.securityContext?.seccompProfile?.type ?? ''), 'seccompProfile is not RuntimeDefault'],
      [spec.automountServiceAccountToken === false, 'automountServiceAccountToken is not false'],
      [spec.hostNetwork !== true && spec.hostPID !== true && spec.hostIPC !== true, "shares its node's namespaces"],
      [(spec.volumes ?? []).every(({ hostPath }) => hostPath === undefined), "mounts its node's files"],
    ] as const
    return [
      ...failed(pod).map((reason) => finding(workload.manifest, '/spec/template/spec', reason)),
      ...[...spec.containers, ...(spec.initContainers ?? [])].flatMap((container) => containerFindings(workload, container)),
    ]
  })
}

function containerFindings({ manifest, runsOn }: Workload, container: Container): readonly Finding[] {
  const security = container.securityContext ?? {}
  const checks = [
    [security.allowPrivilegeEscalation === false, 'allowPrivilegeEscalation is not false'],
    [security.readOnlyRootFilesystem === true, 'readOnlyRootFilesystem is not true'],
    [security.privileged !== true, 'is privileged'],
    [security.capabilities?.drop?.includes('ALL') === true, 'keeps capabilities: drop ALL'],
    [(security.capabilities?.add ?? []).length === 0, 'adds capabilities'],
    [container.resources?.requests?.['cpu'] !== undefined && container.resources.requests['memory'] !== undefined, 'requests no cpu or no memory'],
    [container.resources?.limits?.['memory'] !== undefined, 'has no limit of memory'],
    [/(:[^/]+|@sha256:.+)$/.test(container.image) && !container.image.endsWith(':latest'), `has an image without a version: ${container.image}`],
    ...(runsOn ? probeChecks(container) : []),
  ] as const
  return failed(checks).map((reason) => finding(manifest, `/spec/template/spec/containers/${container.name}`, reason))
}

function probeChecks(container: Container): readonly (readonly [boolean, string])[] {
  const ports = new Set<string | number>((container.ports ?? []).flatMap(({ name, containerPort }) => (name === undefined ? [containerPort] : [name, containerPort])))
  return (['startupProbe', 'livenessProbe', 'readinessProbe'] as const).flatMap((name) => {
    const probe = container[name]
    const port = probe?.httpGet?.port
    return [
      [probe !== undefined, `has no ${name}`],
      [port === undefined || ports.has(port), `${name} asks port ${port}, which the container doesn't have`],
    ] as const
  })
}

function failed(checks: readonly (readonly [boolean, string])[]): readonly string[] {
  return checks.filter(([holds]) => !holds).map(([, reason]) => reason)
}
