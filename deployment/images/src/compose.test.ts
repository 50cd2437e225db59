import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from '@jest/globals'
import { serviceNames, servicePortOf } from '@ott/local/ports'
import { schemas } from '@ott/prepare/prepare-installation'
import { passwordSettingOf } from '@ott/prepare/settings'
import { parse } from 'yaml'

interface ComposeService {
  readonly image: string
  readonly build?: { readonly target: string; readonly dockerfile: string }
  readonly profiles: readonly string[]
  readonly networks: readonly string[]
  readonly ports?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  readonly volumes?: readonly string[]
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>
  readonly healthcheck?: object
  readonly restart: string
  readonly mem_limit?: string
  readonly read_only?: boolean
  readonly cap_drop?: readonly string[]
  readonly security_opt?: readonly string[]
  readonly privileged?: boolean
}
interface Compose {
  readonly services: Readonly<Record<string, ComposeService>>
  readonly networks: Readonly<Record<string, { readonly internal?: boolean }>>
  readonly volumes: Readonly<Record<string, object>>
}

const root = fileURLToPath(new URL('../../../', import.meta.url))
const read = (file: string): string => readFileSync(join(root, file), 'utf8')
const text = read('docker-compose.yml')
const compose = parse(text, { merge: true }) as Compose
const containers = Object.entries(compose.services)
const inProfile = (profile: string): string[] => containers.filter(([, { profiles }]) => profiles.includes(profile)).map(([name]) => name)
const service = (name: string): ComposeService => {
  const found = compose.services[name]
  if (found === undefined) throw new Error(`docker-compose.yml has no ${name}`)
  return found
}

/** The Dockerfile's stages by name: what each stands on, and its instructions. */
const stages = new Map(
  read('deployment/images/Dockerfile')
    .replace(/\\\n/g, ' ')
    .split(/^(?=FROM )/m)
    .map((stage) => [/^FROM \S+ AS (\S+)/.exec(stage)?.[1] ?? '', stage]),
)
const stage = (name: string): string => stages.get(name) ?? ''
const ownImages = containers.filter(([, { build }]) => build !== undefined).map(([name]) => name)

/** What runs once and ends. */
const oneShot = ['prepare']
/** Its image has nothing that could ask. */
const unasked = ['collector']
/** The dashboard is none of the pipeline's services, and has the port after theirs. */
const programs = [...new Set([...serviceNames, 'dashboard'])]
const portOf = (name: string): number => (name === 'dashboard' ? 8109 : servicePortOf(name as (typeof serviceNames)[number], 8100))

describe('images', () => {
  test('every image is pinned to a version', () => {
    for (const [, { image }] of containers) expect(image).toMatch(/^[a-z0-9./-]+:(v?\d[\w.-]*|\$\{OTT_VERSION:-\d+\.\d+\.\d+\})$/)
    const bases = [...stages.values()].map((each) => /^FROM (\S+)/.exec(each)?.[1] ?? '').filter((base) => base !== '' && !stages.has(base))
    expect([...new Set(bases)]).toEqual(['node:24-bookworm-slim'])
  })

  test("own images carry the project's version", () => {
    const { version } = JSON.parse(read('package.json')) as { version: string }
    for (const name of ownImages) expect(service(name).image).toBe(`ott-compliance/${name}:\${OTT_VERSION:-${version}}`)
  })

  test.each([...programs, 'edge', 'prepare'])('%s has a target of its own on the common runtime, which Compose builds', (name) => {
    expect(service(name).build).toMatchObject({ target: name, dockerfile: 'deployment/images/Dockerfile' })
    expect(stage(name)).toMatch(/^FROM runtime AS /)
    const [, main = ''] = /^CMD \["([^"]+)"\]$/m.exec(stage(name)) ?? []
    expect(main).toMatch(new RegExp(`^(services|deployment)/${name}/src/main\\.ts$`))
    expect(stage(name)).toContain(`COPY --from=sources /sources/${name} .`)
    expect(stage(name)).toContain(`COPY --from=${name}-packages /installed .`)
    expect(stage(`${name}-packages`)).toContain(`RUN install-production ${dirname(dirname(main))}\n`)
    expect(stage(name)).not.toMatch(/^USER|^ENTRYPOINT/m)
  })

  test.each(programs)('%s listens on the port that everything else expects', (name) => {
    expect(stage(name)).toMatch(new RegExp(`^ENV .*PORT=${portOf(name)}\\b`, 'm'))
    expect(stage(name)).toMatch(new RegExp(`^EXPOSE ${portOf(name)}$`, 'm'))
  })

  test('what runs is not root, told by number, below an init, with a health check, and installs nothing', () => {
    const runtime = stage('runtime')
    expect(runtime).toMatch(/^USER [1-9]\d*:[1-9]\d*$/m)
    expect(runtime).toMatch(/^ENTRYPOINT \["tini", /m)
    expect(runtime).toMatch(/^STOPSIGNAL SIGTERM$/m)
    expect(runtime).toMatch(/^HEALTHCHECK .*check-health\.ts/m)
    expect(runtime).toContain('/usr/local/bin/npm')
    for (const [name, each] of stages) if (/^FROM runtime/.test(each)) expect({ name, run: /^RUN/m.test(each) }).toEqual({ name, run: false })
  })

  test('neither secrets nor installed packages reach a build', () => {
    expect(read('.dockerignore').split('\n')).toEqual(expect.arrayContaining(['*', '**/node_modules', '**/.env*', '**/.data', '**/*.test.ts']))
    expect(read('.gitignore').split('\n')).toContain('.env')
    expect(read('deployment/images/Dockerfile')).not.toMatch(/https?:\/\/|_authToken|registry=/)
  })
})

describe('docker-compose.yml', () => {
  test('core is the product behind the edge; full has Kong in its place, and what watches it', () => {
    const core = ['kafka', 'postgres', 'redis', 'prepare', ...programs]
    expect(inProfile('core').sort()).toEqual([...core, 'edge'].sort())
    expect(inProfile('full').sort()).toEqual([...core, 'kong', 'collector', 'jaeger', 'prometheus', 'grafana'].sort())
  })

  test('every container has a health check, ends by itself, or has nothing that could ask', () => {
    const without = containers.filter(([name, { healthcheck, build }]) => healthcheck === undefined && (build === undefined || oneShot.includes(name)))
    expect(without.map(([name]) => name).sort()).toEqual([...unasked, ...oneShot].sort())
  })

  test('whatever stands on another container waits until that is healthy, or has done its work', () => {
    const waits = containers.flatMap(([name, { depends_on: on = {} }]) => Object.entries(on).map(([other, { condition }]) => ({ name, other, condition })))
    expect(waits.length).toBeGreaterThan(20)
    for (const { name, other, condition } of waits) {
      const wanted = oneShot.includes(other) ? 'service_completed_successfully' : 'service_healthy'
      expect({ name, other, condition }).toEqual({ name, other, condition: wanted })
    }
    for (const name of serviceNames.filter((each) => service(each).networks.includes('back'))) expect(Object.keys(service(name).depends_on ?? {})).toEqual(expect.arrayContaining(['prepare', 'kafka', 'postgres']))
  })

  test('no secret has a default: each must be given, and the message says how', () => {
    // Public keys are none.
    const secrets = [...text.matchAll(/\$\{([A-Z0-9_]*(?:PASSWORD|SECRET|TOKEN|KEY)[A-Z0-9_]*)([^}]*)\}/g)].filter(([, name]) => name !== 'DECISION_LOG_RETIRED_KEYS')
    expect(new Set(secrets.map(([, name]) => name)).size).toBeGreaterThanOrEqual(9)
    for (const [, name = '', rest = ''] of secrets) expect({ name, rest }).toEqual({ name, rest: expect.stringMatching(/^:\?/) })
    const told = new Set(secrets.filter(([, , rest]) => rest?.includes('make-env.ts')).map(([, name]) => name))
    expect(told).toEqual(new Set(secrets.map(([, name]) => name)))
    for (const [name, { environment = {} }] of containers) {
      const literal = Object.entries(environment).filter(([key, value]) => /PASSWORD|SECRET|TOKEN/.test(key) && !/^\$\{[A-Z0-9_]+:\?/.test(value))
      expect({ name, literal }).toEqual({ name, literal: [] })
    }
  })

  test('every port is published on 127.0.0.1 alone, and the public address is one', () => {
    const published = containers.flatMap(([name, { ports = [] }]) => ports.map((port) => ({ name, port })))
    for (const { port } of published) expect(port).toMatch(/^127\.0\.0\.1:\$\{[A-Z]+_PORT:-\d+\}:\d+$/)
    expect(published.filter(({ name }) => inProfile('core').includes(name)).map(({ name }) => name)).toEqual(['edge'])
  })

  test('each service has the URL of its own database role and nothing of another', () => {
    const roles = new Map(schemas.map(({ service: name }) => [name, passwordSettingOf(name)]))
    for (const [name, { environment = {} }] of containers) {
      if (oneShot.includes(name) || name === 'postgres') continue
      const used = [...JSON.stringify(environment).matchAll(/\$\{((?:DATABASE|POSTGRES|ADMIN)_[A-Z0-9_]+)/g)].map(([, variable]) => variable)
      const password = roles.get(name)
      expect({ name, used }).toEqual({ name, used: password === undefined ? [] : [password] })
      if (password !== undefined) {
        const role = `ott_${name.replaceAll('-', '_')}`
        expect(environment['DATABASE_URL']).toMatch(new RegExp(`^postgres://${role}:\\$\\{${password}:\\?[^}]*\\}@postgres:5432/ott$`))
      }
    }
    expect(Object.keys(service('prepare').environment ?? {})).toEqual(expect.arrayContaining(['ADMIN_DATABASE_URL', ...roles.values()]))
  })

  test('broker and database are out of reach of whatever the world reaches, and the cache of everything', () => {
    for (const name of ['front', 'back', 'cache']) expect(compose.networks[name]?.internal).toBe(true)
    const members = (network: string) => containers.filter(([, { networks }]) => networks.includes(network)).map(([name]) => name)
    for (const name of members('outside').filter((each) => each !== 'alerting')) expect(service(name).networks).not.toContain('back')
    expect(members('cache')).toEqual(['redis'])
    expect(service('dashboard').networks).toEqual(['front'])
    for (const name of ['kafka', 'postgres']) expect(service(name).networks).toEqual(['back'])
  })

  test('every container is bounded and without rights; only the broker may write to its own files', () => {
    for (const [name, { mem_limit, cap_drop, security_opt, privileged, restart, read_only }] of containers) {
      expect({ name, mem_limit, cap_drop, security_opt, privileged }).toEqual({
        name,
        mem_limit: expect.stringMatching(/^\d+[mg]$/),
        cap_drop: ['ALL'],
        security_opt: ['no-new-privileges:true'],
        privileged: undefined,
      })
      expect({ name, restart }).toEqual({ name, restart: oneShot.includes(name) ? 'no' : 'unless-stopped' })
      expect({ name, read_only: read_only ?? false }).toEqual({ name, read_only: name !== 'kafka' })
    }
  })

  test('ml-scoring has the memory that its settings may take: itself, its viewers, its trainings', async () => {
    const { mlScoring } = (await import(join(root, 'services/ml-scoring/src/service.ts'))) as { mlScoring: { settings: { parse(environment: object): { SUBJECTS_IN_MEMORY: number; TRAININGS_AT_ONCE: number } } } }
    // What Compose fills in is no setting of this.
    const given = Object.entries(service('ml-scoring').environment ?? {}).filter(([, value]) => !value.includes('${'))
    const { SUBJECTS_IN_MEMORY, TRAININGS_AT_ONCE } = mlScoring.settings.parse({ PORT: 8103, ...Object.fromEntries(given) })
    const [, amount = '', unit] = /^(\d+)([mg])$/.exec(service('ml-scoring').mem_limit ?? '') ?? []
    const limitMb = Number(amount) * (unit === 'g' ? 1024 : 1)
    expect(limitMb).toBeGreaterThanOrEqual(512 + 512 * TRAININGS_AT_ONCE + SUBJECTS_IN_MEMORY / 1_700)
  })

  test('every file that is mounted is there, read-only, and every volume is declared', () => {
    const mounts = containers.flatMap(([, { volumes = [] }]) => volumes)
    expect(mounts.length).toBeGreaterThan(8)
    for (const mount of mounts) {
      const [source = '', , mode] = mount.split(':')
      if (source.startsWith('./')) expect({ source, there: existsSync(join(root, source)), mode }).toEqual({ source, there: true, mode: 'ro' })
      else expect(Object.keys(compose.volumes)).toContain(source)
    }
  })
})
