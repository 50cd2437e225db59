import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseAllDocuments, parse } from 'yaml'
import { runProgram } from './run-program.ts'
import type { PublishedSchemas } from './validate-manifest.ts'

/** Versions that are checked with. A tool on the PATH may differ in its last number. */
export const versions = {
  helm: 'v3.19.0',
  kustomize: 'v5.7.1',
  kubernetes: 'v1.34.2',
  istio: 'v1.27.3',
  prometheusOperator: 'v0.85.0',
} as const

export interface Tools {
  readonly helm: string
  readonly kustomize: string
  readonly schemas: PublishedSchemas
}

/** Something that is needed isn't there and can't be made; the message says what to install. */
export class MissingToolError extends Error {
  override name = 'MissingToolError'
}

const builds = {
  helm: {
    package: `helm.sh/helm/v3/cmd/helm@${versions.helm}`,
    // Built without a release, helm knows no version of its own.
    flags: `-X helm.sh/helm/v3/internal/version.version=${versions.helm}`,
    versionArgs: ['version', '--template', '{{.Version}}'],
  },
  kustomize: { package: `sigs.k8s.io/kustomize/kustomize/v5@${versions.kustomize}`, flags: '', versionArgs: ['version'] },
} as const

const modules = {
  kubernetes: `k8s.io/kubernetes@${versions.kubernetes}`,
  istio: `istio.io/api@${versions.istio}`,
  prometheusOperator: `github.com/prometheus-operator/prometheus-operator@${versions.prometheusOperator}`,
}

/** The tools: from the PATH in the right version, from the folder, or built into the folder once, with Go. */
export async function prepareTools(folder: string, say: (line: string) => void): Promise<Tools> {
  await mkdir(folder, { recursive: true })
  const helm = await programOf('helm', folder, say)
  const kustomize = await programOf('kustomize', folder, say)
  return { helm, kustomize, schemas: await schemasIn(folder, say) }
}

async function programOf(name: keyof typeof builds, folder: string, say: (line: string) => void): Promise<string> {
  const { package: source, flags, versionArgs } = builds[name]
  const target = join(folder, `${name}-${versions[name]}`)
  if (existsSync(join(target, name))) return join(target, name)
  const found = await runProgram(name, versionArgs).catch(() => '')
  if (isSameMinor(found, versions[name])) return name
  say(`building ${name} ${versions[name]} with Go, once …`)
  const draft = `${target}.${process.pid}.tmp`
  await go(['install', '-trimpath', '-ldflags', flags, source], folder, { GOBIN: draft })
  await moveInto(draft, target)
  return join(target, name)
}

/** `v3.19.0` and `v3.19.4+g1234` are of one minor version. */
export function isSameMinor(found: string, wanted: string): boolean {
  const minorOf = (text: string) => /v?(\d+\.\d+)(?:[.+]|\s|$)/.exec(text.trim())?.[1]
  return minorOf(found) !== undefined && minorOf(found) === minorOf(wanted)
}

async function schemasIn(folder: string, say: (line: string) => void): Promise<PublishedSchemas> {
  const file = join(folder, `schemas-${versions.kubernetes}-${versions.istio}-${versions.prometheusOperator}.json`)
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as PublishedSchemas
  say(`taking the schemas of Kubernetes ${versions.kubernetes}, Istio and the Prometheus operator from their Go modules, once …`)
  const downloaded = await go(['mod', 'download', '-json', ...Object.values(modules)], folder, {})
  const folders = new Map<string, string>(downloaded.split(/(?<=^\})\n/m).filter((text) => text.trim() !== '').map((text) => {
    const { Path, Version, Dir } = JSON.parse(text) as { Path: string; Version: string; Dir: string }
    return [`${Path}@${Version}`, Dir] as const
  }))
  const folderOf = (module: keyof typeof modules) => folders.get(modules[module]) ?? ''
  const istio = readFileSync(join(folderOf('istio'), 'kubernetes/customresourcedefinitions.gen.yaml'), 'utf8')
  const operator = join(folderOf('prometheusOperator'), 'example/prometheus-operator-crd')
  const schemas = {
    kubernetes: JSON.parse(readFileSync(join(folderOf('kubernetes'), 'api/openapi-spec/swagger.json'), 'utf8')) as PublishedSchemas['kubernetes'],
    customResources: [
      ...parseAllDocuments(istio).map((document) => document.toJS() as PublishedSchemas['kubernetes'] | null).filter((each) => each !== null),
      ...readdirSync(operator).map((name) => parse(readFileSync(join(operator, name), 'utf8')) as PublishedSchemas['kubernetes']),
    ],
  }
  const { definitions } = schemas.kubernetes
  await writeFile(`${file}.${process.pid}.tmp`, JSON.stringify({ kubernetes: { definitions }, customResources: schemas.customResources }))
  await rename(`${file}.${process.pid}.tmp`, file)
  return schemas
}

async function moveInto(draft: string, target: string): Promise<void> {
  await rename(draft, target).catch(async (error: NodeJS.ErrnoException) => {
    // Another run was faster.
    if (!existsSync(target)) throw error
    await rm(draft, { recursive: true, force: true })
  })
}

async function go(args: readonly string[], cwd: string, environment: Readonly<Record<string, string>>): Promise<string> {
  const found = await runProgram('go', ['version'], { cwd }).catch(() => undefined)
  if (!isGoEnough(found)) {
    const state = found === undefined ? 'Go was not found' : `${found.trim()} is too old`
    throw new MissingToolError(`${state}: install Go 1.24 or newer, with which helm, kustomize and the schemas are fetched once (https://go.dev/dl)`)
  }
  return runProgram('go', args, { cwd, environment: { GOFLAGS: '', GOWORK: 'off', ...environment }, msMax: 900_000 })
}

/** What `go version` says of a release that can build the tools. */
export function isGoEnough(version = ''): boolean {
  const [, major = '0', minor = '0'] = /\bgo(\d+)\.(\d+)/.exec(version) ?? []
  return Number(major) > 1 || (Number(major) === 1 && Number(minor) >= 24)
}
