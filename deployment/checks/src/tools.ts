import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { reasonOf, runCommand } from '@ott/dev-env/run-command'
import { StartError } from '@ott/dev-env/start-error'
import { crdSchemas } from './crd-schemas.ts'

/** Programs and schemas the checks use, each pinned: a check must say the same tomorrow. */
const programs = {
  helm: { module: 'helm.sh/helm/v3/cmd/helm', version: 'v3.19.0' },
  kustomize: { module: 'sigs.k8s.io/kustomize/kustomize/v5', version: 'v5.7.1' },
} as const
export const kubernetesVersion = '1.34.0'
/** A Python package that holds the schemas of Kubernetes, those that allow no unknown field among them. */
const schemasPackage = 'kubernetes-validate==1.34.1'
const crdModules = [
  { module: 'istio.io/api', version: 'v1.27.1', files: ['kubernetes/customresourcedefinitions.gen.yaml'] },
  {
    module: 'github.com/prometheus-operator/prometheus-operator',
    version: 'v0.85.0',
    files: ['servicemonitors', 'prometheusrules'].map((name) => `example/prometheus-operator-crd/monitoring.coreos.com_${name}.yaml`),
  },
] as const

export interface Tools {
  readonly helm: string
  readonly kustomize: string
  /** Folders of JSON schemas by file name, `deployment-apps-v1.json`. */
  readonly schemaFolders: readonly string[]
}

/** Finds the tools in a folder, or puts them there first. Throws a StartError that says in one sentence what is missing. */
export async function ensureTools(folder: string, log: (line: string) => void): Promise<Tools> {
  await mkdir(folder, { recursive: true })
  const found: Record<string, string> = {}
  for (const [name, { module, version }] of Object.entries(programs)) {
    const home = join(folder, `${name}-${version}`)
    const file = join(home, name)
    if (!existsSync(file)) {
      log(`installing ${name} ${version} (once)`)
      await must('go', ['install', `${module}@${version}`], 'Go ≥ 1.24', { GOBIN: home, GOFLAGS: '-mod=mod' })
    }
    found[name] = file
  }
  const schemaFolders = [await ensureKubernetesSchemas(folder, log), await ensureCrdSchemas(folder, log)]
  return { ...(found as unknown as Record<keyof typeof programs, string>), schemaFolders }
}

async function ensureKubernetesSchemas(folder: string, log: (line: string) => void): Promise<string> {
  const home = join(folder, schemasPackage)
  const schemas = join(home, 'kubernetes_validate/kubernetes-json-schema', `v${kubernetesVersion}-local-strict`)
  if (!existsSync(join(home, 'done'))) {
    log(`fetching the schemas of Kubernetes ${kubernetesVersion} (once)`)
    await must('python3', ['-m', 'pip', 'install', '--quiet', '--no-deps', '--no-compile', '--upgrade', '--target', home, schemasPackage], 'Python 3 with pip')
    if (!existsSync(schemas)) throw new StartError(`${schemasPackage} holds no strict schemas of Kubernetes ${kubernetesVersion}`)
    await writeFile(join(home, 'done'), '')
  }
  return schemas
}

async function ensureCrdSchemas(folder: string, log: (line: string) => void): Promise<string> {
  const home = join(folder, `crds-${crdModules.map(({ version }) => version).join('-')}`)
  if (!existsSync(join(home, 'done'))) {
    log('fetching the schemas of Istio and of the Prometheus operator (once)')
    await mkdir(home, { recursive: true })
    for (const { module, version, files } of crdModules) {
      const { Dir } = JSON.parse(await must('go', ['mod', 'download', '-json', `${module}@${version}`], 'Go ≥ 1.24', { GOFLAGS: '-mod=mod' })) as { Dir: string }
      for (const file of files) {
        for (const [name, schema] of crdSchemas(await readFile(join(Dir, file), 'utf8'))) await writeFile(join(home, name), JSON.stringify(schema))
      }
    }
    await writeFile(join(home, 'done'), '')
  }
  return home
}

async function must(command: string, args: readonly string[], what: string, env: Record<string, string> = {}): Promise<string> {
  const result = await runCommand(command, args, { env: { ...process.env, ...env } })
  if (result.missing) throw new StartError(`check:deploy needs ${what}: install it, or let a machine that has it run the check`)
  if (result.code !== 0) throw new StartError(`${command} ${args[0]} failed: ${reasonOf(result)}`)
  return result.stdout
}
