import { workloadsOf, type Workload } from '../kinds.ts'
import { finding, type Finding, type Manifest } from '../manifest.ts'

/** The settings that a program reads. */
export interface DeclaredSettings {
  readonly names: ReadonlySet<string>
  /** What is wrong with these values, one sentence each. */
  wrongIn(environment: Readonly<Record<string, string>>): readonly string[]
}

/** Read by the OpenTelemetry SDK and by Node themselves. */
const readByOthers = /^(OTEL_[A-Z_]+|NODE_OPTIONS)$/

/** Settings of a pod are such as its service reads, and have values that it takes. `declared` knows no settings of programs that aren't ours. */
export function checkSettings(manifests: readonly Manifest[], declared: ReadonlyMap<string, DeclaredSettings>): readonly Finding[] {
  return workloadsOf(manifests).flatMap((workload) => {
    const settings = declared.get(workload.component)
    const environment = environmentOf(workload, manifests)
    const path = '/spec/template/spec/containers'
    const names = environment.map(([name]) => name)
    const twice = names.filter((name, index) => names.indexOf(name) !== index)
    const repeated = twice.map((name) => finding(workload.manifest, path, `sets ${name} twice`))
    if (settings === undefined) return repeated
    const unread = names.filter((name) => !settings.names.has(name) && !readByOthers.test(name))
    return [
      ...repeated,
      ...unread.map((name) => finding(workload.manifest, path, `sets ${name}, which ${workload.component} doesn't read`)),
      ...settings.wrongIn(Object.fromEntries(environment)).map((reason) => finding(workload.manifest, path, reason)),
    ]
  })
}

/** Stands for what is in a secret: an address, since that is what services keep there. */
const fromSecret = 'postgres://role:password@database:5432/name'

/** What a workload's containers are given, as names and values. */
export function environmentOf({ template }: Workload, manifests: readonly Manifest[]): readonly (readonly [string, string])[] {
  return template.spec.containers.flatMap(({ env = [], envFrom = [] }) => [
    ...envFrom.flatMap(({ configMapRef }) => {
      const map = manifests.find(({ kind, name }) => kind === 'ConfigMap' && name === configMapRef?.name)
      return Object.entries((map?.object['data'] ?? {}) as Record<string, string>)
    }),
    ...env.map(({ name, value = fromSecret }) => [name, value] as const),
  ])
}
