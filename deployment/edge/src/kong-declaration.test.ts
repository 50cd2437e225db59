import { describe, expect, test } from '@jest/globals'
import { fileURLToPath } from 'node:url'
import { stringify } from 'yaml'
import { KongDeclarationError, parseKongDeclaration, readKongDeclaration } from './kong-declaration.ts'

type Changes = Record<string, unknown>

function aRoute(changes: Changes = {}) {
  return { name: 'alerts-list', protocols: ['http', 'https'], methods: ['GET'], paths: ['~/v1/alerts$'], strip_path: false, ...changes }
}

function aService(changes: Changes = {}) {
  const timeouts = { connect_timeout: 2000, read_timeout: 30000, write_timeout: 30000 }
  return { name: 'alerting', protocol: 'http', host: 'alerting', port: 8105, ...timeouts, retries: 0, routes: [aRoute()], ...changes }
}

function aDeclaration(changes: Changes = {}) {
  return stringify({ _format_version: '3.0', services: [aService()], ...changes })
}

const correlationId = { header_name: 'X-Request-ID', generator: 'uuid', echo_downstream: true }
const tracker = { ...correlationId, generator: 'tracker' }

const withRoute = (changes: Changes) => aDeclaration({ services: [aService({ routes: [aRoute(changes)] })] })

test("the repository's kong.yml stays within what the edge supports", () => {
  const { services } = readKongDeclaration(fileURLToPath(new URL('../../../kong/kong.yml', import.meta.url)))
  expect(services.map(({ host, port }) => `${host}:${port}`)).toEqual([
    'ingest:8101',
    'compliance:8102',
    'ml-scoring:8103',
    'violation:8104',
    'alerting:8105',
    'tenant:8106',
    'streaming:8107',
  ])
})

test('what is left out gets the default that Kong gives it', () => {
  const { services, plugins } = parseKongDeclaration(aDeclaration())
  expect(services[0]?.routes[0]).toMatchObject({ regex_priority: 0, preserve_host: false })
  expect(plugins).toEqual([])
})

describe('a setting that the edge would have to ignore is refused, by its path', () => {
  test.each([
    ['consumers', aDeclaration({ consumers: [] })],
    ['services.0.path', aDeclaration({ services: [aService({ path: '/base' })] })],
    ['services.0.protocol', aDeclaration({ services: [aService({ protocol: 'https' })] })],
    ['services.0.retries', aDeclaration({ services: [aService({ retries: 5 })] })],
    ['services.0.write_timeout', aDeclaration({ services: [aService({ write_timeout: 1 })] })],
    ['services.0.plugins', aDeclaration({ services: [aService({ plugins: [] })] })],
    ['services.0.routes.0.hosts', withRoute({ hosts: ['example.com'] })],
    ['services.0.routes.0.headers', withRoute({ headers: { a: ['b'] } })],
    ['services.0.routes.0.strip_path', withRoute({ strip_path: true })],
    ['services.0.routes.0.strip_path', withRoute({ strip_path: undefined })],
    ['services.0.routes.0.preserve_host', withRoute({ preserve_host: true })],
    ['services.0.routes.0.protocols', withRoute({ protocols: ['https'] })],
    ['services.0.routes.0.protocols.0', withRoute({ protocols: ['grpc'] })],
    ['services.0.routes.0.paths.0', withRoute({ paths: ['~/v1/alerts/(?=a)'] })],
    ['plugins.0.name', aDeclaration({ plugins: [{ name: 'jwt', config: correlationId }] })],
    ['plugins.0.config.generator', aDeclaration({ plugins: [{ name: 'correlation-id', config: tracker }] })],
  ])('%s', (path, text) => {
    expect(() => parseKongDeclaration(text)).toThrow(KongDeclarationError)
    const sentence = new RegExp(`kong\\.yml: (.*; )?${path.replaceAll('.', '\\.')}: .*the edge does not support`)
    expect(() => parseKongDeclaration(text)).toThrow(sentence)
  })
})

describe('what Kong itself would refuse is refused, by its path', () => {
  test.each([
    ['_format_version', aDeclaration({ _format_version: '1.1' })],
    ['services.0.port', aDeclaration({ services: [aService({ port: 0 })] })],
    ['services.0.connect_timeout', aDeclaration({ services: [aService({ connect_timeout: '2s' })] })],
    ['services.0.routes.0.methods.0', withRoute({ methods: ['get'] })],
    ['services.0.routes.0.paths.0', withRoute({ paths: ['v1/alerts'] })],
    ['services.0.routes.0.paths.0', withRoute({ paths: ['/v1/{id}'] })],
    ['services.0.routes.0.paths.0', withRoute({ paths: ['/v1//alerts'] })],
    ['services.0.routes.0.paths.0', withRoute({ paths: ['~^/v1/alerts$'] })],
    ['services.1.name', aDeclaration({ services: [aService(), aService({ routes: [] })] })],
    ['services.0.routes.1.name', aDeclaration({ services: [aService({ routes: [aRoute(), aRoute()] })] })],
    ['(document)', ''],
  ])('%s', (path, text) => {
    expect(() => parseKongDeclaration(text)).toThrow(new RegExp(`kong\\.yml: (.*; )?${path.replace(/[.()]/g, '\\$&')}: `))
  })
})

test('a file that is no YAML, or is not there, is one sentence', () => {
  expect(() => parseKongDeclaration('services: [')).toThrow(/^kong\.yml is not valid YAML: /)
  expect(() => readKongDeclaration('/nowhere/kong.yml')).toThrow("/nowhere/kong.yml can't be read: ENOENT")
})
