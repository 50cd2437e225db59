import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, test } from '@jest/globals'
import type { Finding, Sample } from './sample.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const boundary = '@nx/enforce-module-boundaries'
const undeclared = 'import-x/no-extraneous-dependencies'

/** Any source file of a package, so that a sample is judged by the very configuration that judges its neighbours. */
function fileOf(folder: string): string {
  const files = globSync(`${folder}/src/*.ts`, { cwd: root }).sort()
  const file = files.find((name) => !name.endsWith('.test.ts') && !/stage|main/.test(name))
  if (file === undefined) throw new Error(`${folder} has no source file to put a sample in`)
  return file
}

/** A file and one that it imports: together with the sample, a cycle. */
function neighbours(folder: string): { importer: string; imported: string } {
  for (const name of globSync(`${folder}/src/*.ts`, { cwd: root }).sort()) {
    const imported = /^import \{[^}]*\} from '\.\/([a-z-]+\.ts)'/m.exec(readFileSync(join(root, name), 'utf8'))?.[1]
    if (imported === undefined || name.endsWith('.test.ts')) continue
    return { importer: basename(name), imported: `${folder}/src/${imported}` }
  }
  throw new Error(`no file of ${folder} imports another`)
}

const uses = (specifier: string): string => `import * as sample from '${specifier}'\n\nvoid sample\n`
const decisions = [
  'libs/anomaly/src/judge-risk.ts',
  'libs/regulations/src/evaluate.ts',
  'services/ingest/src/admit.ts',
  'services/violation/src/stage.ts',
]
const { importer, imported } = neighbours('libs/pipeline')

const refused: readonly (readonly [guarantee: string, rule: string, file: string, code: string])[] = [
  ['contracts import nothing of ours', boundary, fileOf('libs/contracts'), uses('@ott/pipeline/outcome')],
  ['the runtime knows no adapter', boundary, fileOf('libs/pipeline'), uses('@ott/kafka/kafka-bus')],
  ['a domain library knows no adapter', boundary, fileOf('libs/anomaly'), uses('@ott/postgres/database')],
  ['a domain library knows no other', boundary, fileOf('libs/anomaly'), uses('@ott/regulations/evaluate')],
  ['an adapter knows no domain library', boundary, fileOf('libs/postgres'), uses('@ott/anomaly/baseline')],
  ['an adapter knows only the adapters below it', boundary, fileOf('libs/postgres'), uses('@ott/http/problem')],
  ['a library knows no service', boundary, fileOf('libs/service'), uses('@ott/violation/service')],
  ['a library knows no tool', boundary, fileOf('libs/service'), uses('@ott/dev-env/start-backends')],
  ['a service knows no other service', boundary, fileOf('services/ingest'), uses('@ott/violation/service')],
  ['a service knows no other service by its types either', boundary, fileOf('services/ingest'),
    "import type * as other from '@ott/violation/service'\n\nexport type Sample = typeof other\n"],
  ['a service reaches into no other by path', boundary, fileOf('services/ingest'), uses('../../violation/src/cause.ts')],
  ['packages form no cycle', boundary, fileOf('libs/pipeline'), uses('@ott/auth/tenant-directory')],
  ['only libs/kafka imports kafkajs', boundary, fileOf('services/violation'), uses('kafkajs')],
  ['the tools import no kafkajs', boundary, fileOf('deployment/local'), uses('kafkajs')],
  ['only libs/postgres imports pg', boundary, fileOf('services/violation'), uses('pg')],
  ['only libs/postgres imports knex', boundary, fileOf('libs/service'), uses('knex')],
  ['only libs/telemetry imports pino', boundary, fileOf('libs/kafka'), uses('pino')],
  ['only libs/telemetry imports prom-client', boundary, fileOf('services/streaming'), uses('prom-client')],
  ['a domain library imports no express', boundary, fileOf('libs/regulations'), uses('express')],
  ['files form no cycle', 'import-x/no-cycle', imported, uses(`./${importer}`)],
  ['a dependency of another package is declared before it is used', undeclared, fileOf('libs/anomaly'), uses('yaml')],
  ['a package of ours is declared before it is used', undeclared, fileOf('services/compliance'), uses('@ott/simulator/random')],
  ['what only tests use stays in tests', undeclared, fileOf('libs/anomaly'), uses('fast-check')],
  ...(
    [
      ['Date.now()', 'no-restricted-syntax'],
      ['new Date()', 'no-restricted-syntax'],
      ['Date()', 'no-restricted-syntax'],
      ['Math.random()', 'no-restricted-syntax'],
      ["import('yaml')", 'no-restricted-syntax'],
      ['process.env', 'no-restricted-globals'],
      ['performance.now()', 'no-restricted-globals'],
      ['crypto.randomUUID()', 'no-restricted-globals'],
      ['setTimeout(() => undefined, 1)', 'no-restricted-globals'],
      ["fetch('http://localhost')", 'no-restricted-globals'],
    ] as const
  ).flatMap(([expression, rule]) =>
    decisions.map(
      (file) => [`${file} decides without ${expression}`, rule, file, `export const sample: unknown = ${expression}\n`] as const,
    ),
  ),
  ...['node:fs', 'node:fs/promises', 'node:net', 'node:http', 'node:timers/promises', 'fs', 'timers'].map(
    (name) => [`a decision imports no ${name}`, 'no-restricted-imports', 'services/violation/src/judge-violations.ts', uses(name)] as const,
  ),
  ['a decision makes no random id', 'no-restricted-imports', 'services/violation/src/cause.ts',
    "import { randomUUID } from 'node:crypto'\n\nexport const sample = randomUUID()\n"],
  ['a stage decides without waiting', 'no-restricted-syntax', 'services/compliance/src/stage.ts',
    'export const sample = { decide: async () => Promise.resolve() }\n'],
  ['no promise is left floating', '@typescript-eslint/no-floating-promises', fileOf('libs/kafka'), 'Promise.resolve()\n'],
  ['no promise is taken for a condition', '@typescript-eslint/no-misused-promises', fileOf('libs/kafka'),
    "export const sample = (kept: Promise<boolean>) => (kept ? 'yes' : 'no')\n"],
  ['a switch over a union names every case', '@typescript-eslint/switch-exhaustiveness-check', fileOf('libs/kafka'),
    "export function sample(lane: 'a' | 'b') {\n  switch (lane) {\n    case 'a':\n      return 1\n  }\n  return 2\n}\n"],
  ['a type is imported as one', '@typescript-eslint/consistent-type-imports', fileOf('libs/kafka'),
    "import { Socket } from 'node:net'\n\nexport type Sample = Socket\n"],
  ['nothing is any', '@typescript-eslint/no-explicit-any', fileOf('libs/kafka'), 'export const sample: any = 1\n'],
  ['nothing unused stays', '@typescript-eslint/no-unused-vars', fileOf('libs/kafka'), 'const sample = 1\n'],
  ['exports have names', 'no-restricted-syntax', fileOf('libs/kafka'), 'export default 1\n'],
  ['no barrels', 'no-restricted-syntax', fileOf('libs/kafka'), "export * from './kafka-bus.ts'\n"],
  ['a file keeps to 400 lines', 'max-lines', fileOf('libs/kafka'), 'void 0\n'.repeat(401)],
  ['files are kebab-case', 'house/file-names', 'libs/kafka/src/kafkaThings.ts', 'void 0\n'],
  ['no file is called helpers', 'house/file-names', 'libs/kafka/src/kafka-helpers.ts', 'void 0\n'],
  ['no folder is called common', 'house/file-names', 'libs/common/src/kafka.ts', 'void 0\n'],
  ['no file is called a manager', 'house/file-names', 'libs/kafka/src/topic-manager.ts', 'void 0\n'],
]

const permitted: readonly (readonly [guarantee: string, file: string, code: string])[] = [
  ['a service stands on the libraries', fileOf('services/violation'), uses('@ott/pipeline/outcome')],
  ['an adapter stands on the adapter below it', fileOf('libs/http'), uses('@ott/auth/tenant-directory')],
  ['libs/kafka imports kafkajs', fileOf('libs/kafka'), uses('kafkajs')],
  ['a tool imports services', fileOf('deployment/prepare'), uses('@ott/violation/schema')],
  ['a decision takes a time that is given', 'services/ingest/src/admit.ts',
    'export const sample = (ms: number) => new Date(ms).toISOString()\n'],
  ['a decision hashes', 'services/ingest/src/admit.ts',
    "import { createHash } from 'node:crypto'\n\nexport const sample = createHash('sha256')\n"],
  ['an adapter reads the clock', fileOf('libs/kafka'), 'export const sample = Date.now()\n'],
  ['a test imports what only tests use', 'libs/anomaly/src/sample.test.ts', uses('fast-check')],
  ['files are named for what is inside', 'libs/kafka/src/topic-offsets.test.ts', 'void 0\n'],
]

async function lint(samples: readonly Sample[]): Promise<Finding[][]> {
  const { NODE_OPTIONS: _, ...env } = process.env
  const program = join(root, 'tests/boundaries/lint-texts.ts')
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', program], { cwd: root, env })
  child.stdin.end(JSON.stringify(samples))
  const [answer, complaint, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  if (code !== 0) throw new Error(`eslint did not run: ${complaint}`)
  return JSON.parse(answer) as Finding[][]
}

let findings: Finding[][] = []

beforeAll(async () => {
  const samples = [...refused.map(([, , file, code]) => ({ file, code })), ...permitted.map(([, file, code]) => ({ file, code }))]
  findings = await lint(samples.map((sample) => ({ ...sample, exists: existsSync(join(root, sample.file)) })))
}, 60_000)

describe('lint refuses what the architecture forbids', () => {
  test.each(refused.map(([guarantee, rule], index) => ({ guarantee, rule, index })))('$guarantee', ({ rule, index }) => {
    expect(findings[index]?.map((finding) => finding.rule)).toContain(rule)
  })
})

describe('lint permits what the architecture is made of', () => {
  test.each(permitted.map(([guarantee], index) => ({ guarantee, index: refused.length + index })))('$guarantee', ({ index }) => {
    expect(findings[index]).toEqual([])
  })
})

describe('every package takes part', () => {
  const packages = globSync(['{libs,services,deployment}/*/package.json', 'tests/package.json'], { cwd: root }).map((file) => ({
    folder: file.replace('/package.json', ''),
    nx: (JSON.parse(readFileSync(join(root, file), 'utf8')) as { nx?: { tags?: string[]; targets?: object } }).nx,
  }))

  test.each(packages)('$folder carries the tags that the rules go by, and can be linted and tested alone', ({ folder, nx }) => {
    const scope = nx?.tags?.filter((tag) => tag.startsWith('scope:'))
    const layer = nx?.tags?.filter((tag) => tag.startsWith('layer:'))
    if (scope?.[0] !== 'scope:tool') expect(scope).toEqual([folder.startsWith('services/') ? 'scope:service' : 'scope:lib'])
    expect(layer).toHaveLength(scope?.[0] === 'scope:lib' ? 1 : 0)
    expect(nx?.targets).toMatchObject({ lint: {}, test: {} })
  })
})
