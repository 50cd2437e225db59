import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { eventContracts } from '@ott/contracts/topics'
import { checkViewerEvent } from '@ott/contracts/viewer-event'
import { readKongDeclaration } from '@ott/edge/kong-declaration'
import { serviceNames, servicePortOf } from '@ott/local/ports'
import { schemas } from '@ott/prepare/prepare-installation'
import { anchorsOf, documents, fences, localLinks, projectFiles, readDocument, root, settingsIn, type Document } from './markdown.ts'

const all = documents()
const readme = readDocument('README.md')
const architecture = readDocument('docs/architecture.md')
const source = projectFiles('{libs,services,deployment,tests}/**/*.{ts,mjs}').filter((path) => !path.startsWith('tests/docs/'))
const code = source.map((path) => readFileSync(join(root, path), 'utf8')).join('\n')

function scriptsOf(packageFile: string): Record<string, string> {
  return (JSON.parse(readFileSync(join(root, packageFile), 'utf8')) as { scripts?: Record<string, string> }).scripts ?? {}
}

test('there are documents for everyone: README, CONTRIBUTING, architecture, decisions, and one per service and library', () => {
  const paths = all.map(({ path }) => path)
  const packages = projectFiles('{libs,services}/*/package.json').map((path) => path.replace('package.json', 'README.md'))
  expect(packages.length).toBeGreaterThan(15)
  expect(paths).toEqual(expect.arrayContaining(['README.md', 'CONTRIBUTING.md', 'docs/architecture.md', ...packages]))
})

describe('in every document', () => {
  /** Whatever `look` finds wrong, each with the document it is in. */
  const wrongIn = (look: (document: Document) => readonly string[]) =>
    all.flatMap((document) => look(document).map((wrong) => `${document.path}: ${wrong}`))

  test('every relative link leads to a file or folder, and to a heading where it names one', () => {
    const broken = wrongIn((document) =>
      localLinks(document)
        .filter(({ target, anchor }) => {
          if (!existsSync(join(root, target))) return true
          return anchor !== undefined && !anchorsOf(readDocument(target)).includes(anchor)
        })
        .map(({ target, anchor = '' }) => `${target}#${anchor}`),
    )
    expect(broken).toEqual([])
    expect(all.flatMap(localLinks).length).toBeGreaterThan(80)
  })

  test('every npm script it names is in package.json', () => {
    const missing = wrongIn(({ text }) =>
      [...text.matchAll(/\bnpm (?:run (?:--silent )?([a-z][a-z:-]*)|(start|test))(?: -w @ott\/([a-z-]+))?/g)]
        .filter(([, script, short, workspace]) => {
          const places = workspace === undefined ? ['package.json'] : ['deployment', 'services'].map((folder) => `${folder}/${workspace}/package.json`)
          const file = places.find((place) => existsSync(join(root, place)))
          return file === undefined || !Object.hasOwn(scriptsOf(file), script ?? short ?? '')
        })
        .map(([command]) => command),
    )
    expect(missing).toEqual([])
  })

  test('every public address is a route of kong.yml, with the method that stands before it', () => {
    const unrouted = wrongIn(({ text }) =>
      addressesIn(text)
        .filter(({ method, path }) => !isRouted(method, path))
        .map(({ method = '', path }) => `${method} ${path}`),
    )
    expect(unrouted).toEqual([])
    const toured = addressesIn(readme.text).map(({ path }) => path)
    expect(toured).toEqual(expect.arrayContaining(['/v1/events', '/v1/events/tour-1', '/v1/violations', '/v1/ledger', '/v1/stream']))
  })

  test('every file it names by its path from the root, or from the document, is there', () => {
    const path = /(?<![\w./-])((?:libs|services|deployment|tests|kong|docs|src)\/[\w./-]+\.(?:ts|mjs|ya?ml|json|md))\b/g
    const absent = wrongIn((document) =>
      [...document.text.matchAll(path)]
        .map(([, named = '']) => named)
        .filter((named) => ![root, join(root, dirname(document.path))].some((from) => existsSync(join(from, named)))),
    )
    // What a service has in general, not a file.
    expect(absent.filter((named) => !/: src\/main\.ts$/.test(named))).toEqual([])
  })

  test('no path of the machine it was written on is named', () => {
    const places = [root, homedir()].filter((place) => place.length > 3)
    const named = wrongIn(({ text }) => [
      ...(text.match(/(?<![\w.@:-])\/(?:home|Users|root|tmp|mnt|media|Volumes)\/\S*|\b[A-Z]:\\\S+/g) ?? []),
      ...places.filter((place) => text.includes(place)),
    ])
    expect(named).toEqual([])
  })

  test('every picture is a diagram with something in it', () => {
    const pictures = all.flatMap((document) => fences(document, 'mermaid'))
    expect(pictures.length).toBeGreaterThanOrEqual(2)
    for (const picture of pictures) {
      expect(picture).toMatch(/^(flowchart|sequenceDiagram|stateDiagram)/)
      expect(picture.split('\n').filter((line) => /-->|-\.->|->>/.test(line)).length).toBeGreaterThan(3)
    }
  })
})

/** In kong/README.md, as what must not be a route. */
const counterExamples = ['/v1/eventsfoo']

/** Addresses without a host or at the edge's. What is asked of a service's own port is no public address. */
function addressesIn(text: string): { method: string | undefined; path: string }[] {
  const address = /(?:\b(GET|POST|PUT|PATCH|DELETE|WS)\b`? `?)?(?:localhost:8080|(?<![\w.~]))(\/v1\/[\w-]+(?:\/[\w{}-]+)*(?::[a-z-]+)?)/g
  const found = [...text.matchAll(address)].map(([, method, path = '']) => ({ method, path }))
  return found.filter(({ path }) => !counterExamples.includes(path))
}

const routes = readKongDeclaration(join(root, 'kong/kong.yml')).services.flatMap(({ routes: own }) => own)

function isRouted(method: string | undefined, path: string): boolean {
  const asked = path.replaceAll(/\{\w+\}/g, 'x')
  const wanted = method === 'WS' ? 'GET' : method
  return routes.some(({ paths, methods = [] }) => {
    const fits = paths.some((pattern) => new RegExp(`^${pattern.replace(/^~/, '')}`).test(asked))
    return fits && (wanted === undefined || (methods as readonly string[]).includes(wanted))
  })
}

describe('README.md', () => {
  test('every setting of its table is one that the code reads', () => {
    const settings = settingsIn(readme)
    expect(settings.length).toBeGreaterThan(8)
    expect(settings.filter((name) => !new RegExp(`\\b${name}\\b`).test(code))).toEqual([])
  })

  test('its picture holds every service and every topic between stages', () => {
    const picture = fences(readme, 'mermaid').join('\n')
    for (const name of serviceNames) expect(picture).toContain(name)
    for (const { topic } of eventContracts) expect(picture).toContain(topic)
  })

  test('the event of its tour is a good one, and the rules it is said to break are in the packs', () => {
    const [, body = ''] = /-d '(\{[^]*?\})'/.exec(readme.text) ?? []
    expect(checkViewerEvent(JSON.parse(body), Date.parse('2026-01-01T00:00:00Z'))).toMatchObject({ ok: true, value: { id: 'tour-1' } })
    const packs = projectFiles('libs/regulations/packs/*.yaml').map((path) => readFileSync(join(root, path), 'utf8')).join('\n')
    const rules = [...readme.text.matchAll(/\b(?:gdpr|vppa)\.[a-z0-9]+\.[a-z0-9-]+/g)].map(([rule]) => rule)
    expect(rules).not.toEqual([])
    for (const rule of rules) expect(packs).toContain(`- id: ${rule}\n`)
  })

  test('it names the port of every service', () => {
    for (const name of serviceNames) expect(readme.text).toContain(`${name} ${servicePortOf(name, 8100)}`)
  })
})

describe.each(serviceNames.map((name) => [name]))('services/%s/README.md', (name) => {
  const document = readDocument(`services/${name}/README.md`)
  const own = projectFiles(`services/${name}/src/**/*.ts`).map((path) => readFileSync(join(root, path), 'utf8')).join('\n')

  test('it is short, and names the port, the topics the service produces and the tables it owns', () => {
    expect(document.text.split('\n').length).toBeLessThanOrEqual(41)
    expect(document.text).toContain(`| port | ${servicePortOf(name, 8100)}`)
    for (const { topic, owner } of eventContracts) {
      if (owner === name) expect(document.text).toMatch(new RegExp(`\\| produces \\|.*\`${topic}\``))
    }
    for (const table of tablesOf(own)) expect(document.text).toMatch(new RegExp(`\\| owns \\|.*\`${table}\``))
  })

  test('its settings are all that the service adds to the standard ones', () => {
    const added = [...own.matchAll(/^ {2,4}([A-Z][A-Z0-9_]+): (?:z\.|checked\()/gm)].map(([, setting = '']) => setting)
    expect(settingsIn(document).sort()).toEqual(added.sort())
  })
})

function tablesOf(text: string): string[] {
  return [...text.matchAll(/create table (\w+\.\w+) \(/g)].map(([, table = '']) => table)
}

describe('docs/architecture.md', () => {
  test('it names every table that a service makes', () => {
    const tables = tablesOf(projectFiles('services/*/src/**/*schema.ts').map((path) => readFileSync(join(root, path), 'utf8')).join('\n'))
    expect(tables.length).toBeGreaterThanOrEqual(schemas.length)
    expect(tables.filter((table) => !architecture.text.includes(`\`${table}\``))).toEqual([])
  })

  test('it names every topic between stages, and every table that one service shows another', () => {
    for (const { topic } of eventContracts) expect(architecture.text).toContain(`\`${topic}\``)
    const grant = /grant select on (\w+\.\w+) to \$\{roleOf\('([\w-]+)'\)\}/g
    const granted = projectFiles('services/*/src/**/*schema.ts').flatMap((path) =>
      [...readFileSync(join(root, path), 'utf8').matchAll(grant)].map(([, table, reader]) => ({ table, reader })),
    )
    expect(granted.length).toBeGreaterThan(0)
    const published = /Between schemas only this is published[^]*?\n- /.exec(architecture.text)?.[0] ?? ''
    for (const { table, reader } of granted) {
      expect(published).toContain(`\`${table}\``)
      expect(published).toContain(`→ ${reader}`)
    }
    expect([...published.matchAll(/`(\w+\.\w+)`/g)].map(([, table]) => table).sort()).toEqual([...new Set(granted.map(({ table }) => table))].sort())
  })
})

describe('docs/adr', () => {
  const decisions = all.filter(({ path }) => path.startsWith('docs/adr/'))

  test('decisions are numbered without a gap', () => {
    const numbers = decisions.map(({ path }) => Number(/\/(\d{4})-[a-z0-9-]+\.md$/.exec(path)?.[1]))
    expect(numbers).toEqual(numbers.map((_, index) => index + 1))
  })

  test('each fits a page and says why', () => {
    for (const { path, text } of decisions) {
      const headings = [...text.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading)
      expect({ path, headings }).toEqual({ path, headings: ['Context', 'Decision', 'Consequences', 'Alternatives'] })
      expect(text).toMatch(new RegExp(`^# ${/\/(\d{4})/.exec(path)?.[1]} `))
      expect(text.split('\n').length).toBeLessThan(60)
    }
  })
})
