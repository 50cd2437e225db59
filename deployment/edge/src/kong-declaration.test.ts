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

const corsConfig = { origins: ['*'], methods: ['GET'], headers: ['a'], exposed_headers: ['b'], max_age: 1 }
const keyAuthConfig = { key_names: ['x-api-key'], key_in_query: false, run_on_preflight: false, anonymous: 'anonymous' }
const jwtConfig = { header_names: ['authorization'], uri_param_names: [], run_on_preflight: false, anonymous: 'anonymous' }
const w3c = { extract: ['w3c'], inject: ['w3c'], default_format: 'w3c' }
const telemetryConfig = { traces_endpoint: '{vault://env/endpoint}', sampling_rate: 1, propagation: w3c }
const prometheusConfig = { status_code_metrics: true, latency_metrics: true, bandwidth_metrics: true, upstream_health_metrics: true }

const withPlugin = (name: string, config: Changes) => aDeclaration({ plugins: [{ name, config }], consumers: [{ username: 'anonymous' }] })

function anUpstream(changes: Changes = {}, activeChanges: Changes = {}) {
  const healthy = { interval: 5, successes: 1, http_statuses: [200] }
  const unhealthy = { interval: 1, http_statuses: [500] }
  const active = { http_path: '/readyz', timeout: 1, healthy, unhealthy, ...activeChanges }
  const healthchecks = { active, passive: { healthy: {}, unhealthy: { http_statuses: [502] } } }
  return { name: 'alerting.upstream', targets: [{ target: 'alerting:8105' }], healthchecks, ...changes }
}

const withRoute = (changes: Changes) => aDeclaration({ services: [aService({ routes: [aRoute(changes)] })] })

const file = (name: string) => fileURLToPath(new URL(`../../../kong/${name}`, import.meta.url))

test("the repository's kong.yml stays within what the edge supports, each service with one upstream that watches it", () => {
  const { services, upstreams } = readKongDeclaration(file('kong.yml'))
  expect(services.map(({ host }) => host)).toEqual(upstreams.map(({ name }) => name))
  expect(upstreams.map(({ targets }) => targets[0]?.target)).toEqual([
    'ingest:8101',
    'compliance:8102',
    'ml-scoring:8103',
    'violation:8104',
    'alerting:8105',
    'tenant:8106',
    'streaming:8107',
    'router:8108',
    'dashboard:8109',
  ])
  for (const { healthchecks } of upstreams) expect(healthchecks).toEqual(upstreams[0]?.healthchecks)
})

test('the example of credentials merges into it, and kong.yml itself holds none', () => {
  expect(readKongDeclaration(file('kong.yml'))).toMatchObject({ keyauth_credentials: [], jwt_secrets: [] })
  const merged = readKongDeclaration(file('kong.yml'), file('partners.example.yml'))
  expect(merged.keyauth_credentials).toMatchObject([{ consumer: 'standard' }])
  expect(merged.jwt_secrets).toMatchObject([{ consumer: 'premium', algorithm: 'HS256' }])
})

test('what is left out gets the default that Kong gives it', () => {
  const { services, plugins } = parseKongDeclaration(aDeclaration())
  expect(services[0]?.routes[0]).toMatchObject({ regex_priority: 0, preserve_host: false })
  expect(plugins).toEqual([])
})

describe('a setting that the edge would have to ignore is refused, by its path', () => {
  test.each<[string, string, string?]>([
    ['routes', aDeclaration({ routes: [] })],
    ['consumers.0.custom_id', aDeclaration({ consumers: [{ username: 'a', custom_id: 'b' }] })],
    ['consumers.0.plugins.0.name', aDeclaration({ consumers: [{ username: 'a', plugins: [{ name: 'cors', config: {} }] }] })],
    ['upstreams.0.targets', aDeclaration({ upstreams: [anUpstream({ targets: [{ target: 'a:1' }, { target: 'b:2' }] })] })],
    ['upstreams.0.hash_on', aDeclaration({ upstreams: [anUpstream({ hash_on: 'ip' })] })],
    ['upstreams.0.healthchecks.active.type', aDeclaration({ upstreams: [anUpstream({}, { type: 'tcp' })] })],
    ['plugins.0.config.origins.0', withPlugin('cors', { ...corsConfig, origins: ['https://a.example'] })],
    ['plugins.0.config.credentials', withPlugin('cors', { ...corsConfig, credentials: true })],
    ['plugins.0.config.hour', withPlugin('rate-limiting', { second: 5, limit_by: 'ip' }), 'Invalid input'],
    ['plugins.0.config.second', withPlugin('rate-limiting', { hour: 5, second: 5, limit_by: 'ip' })],
    ['plugins.0.config.policy', withPlugin('rate-limiting', { hour: 5, limit_by: 'ip', policy: 'redis' })],
    ['plugins.0.config.limit_by', withPlugin('rate-limiting', { hour: 5, limit_by: 'path' })],
    ['plugins.0.config.anonymous', withPlugin('key-auth', { ...keyAuthConfig, anonymous: undefined })],
    ['plugins.0.config.key_in_query', withPlugin('key-auth', { ...keyAuthConfig, key_in_query: true })],
    ['plugins.0.config.hide_credentials', withPlugin('key-auth', { ...keyAuthConfig, hide_credentials: true })],
    ['plugins.0.config.uri_param_names', withPlugin('jwt', { ...jwtConfig, uri_param_names: ['jwt'] })],
    ['plugins.0.config.require_content_length', withPlugin('request-size-limiting', { allowed_payload_size: 1, size_unit: 'bytes', require_content_length: true })],
    ['plugins.0.config.sampling_rate', withPlugin('opentelemetry', { ...telemetryConfig, sampling_rate: 0.1 })],
    ['plugins.0.config.traces_endpoint', withPlugin('opentelemetry', { ...telemetryConfig, traces_endpoint: 'http://collector:4318' })],
    ['plugins.0.config.per_consumer', withPlugin('prometheus', { ...prometheusConfig, per_consumer: true })],
    ['plugins.0.route', aDeclaration({ plugins: [{ name: 'prometheus', route: 'alerts-list', config: prometheusConfig }] })],
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
    ['plugins.0.name', aDeclaration({ plugins: [{ name: 'acl', config: { allow: ['a'] } }] })],
    ['plugins.0.config.generator', aDeclaration({ plugins: [{ name: 'correlation-id', config: tracker }] })],
  ])('%s', (path, text, why = 'the edge does not support') => {
    expect(() => parseKongDeclaration(text)).toThrow(KongDeclarationError)
    const sentence = new RegExp(`kong\\.yml: (.*; )?${path.replaceAll('.', '\\.')}: .*${why}`)
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
    ['plugins.1.name', aDeclaration({ plugins: [{ name: 'prometheus', config: prometheusConfig }, { name: 'prometheus', config: prometheusConfig }] })],
    ['plugins.0.config.anonymous', aDeclaration({ plugins: [{ name: 'key-auth', config: keyAuthConfig }] })],
    ['keyauth_credentials.0.consumer', aDeclaration({ keyauth_credentials: [{ consumer: 'nobody', key: 'k' }] })],
    ['upstreams.1.name', aDeclaration({ upstreams: [anUpstream(), anUpstream()] })],
    ['upstreams.0.targets.0.target', aDeclaration({ upstreams: [anUpstream({ targets: [{ target: 'alerting' }] })] })],
    ['(document)', ''],
  ])('%s', (path, text) => {
    expect(() => parseKongDeclaration(text)).toThrow(new RegExp(`kong\\.yml: (.*; )?${path.replace(/[.()]/g, '\\$&')}: `))
  })
})

test('a credential is never quoted, and one that Kong would take literally, a reference, is refused', () => {
  const consumers = [{ username: 'free' }]
  const twice = aDeclaration({ consumers, keyauth_credentials: ['k-secret', 'k-secret'].map((key) => ({ consumer: 'free', key })) })
  expect(() => parseKongDeclaration(twice)).toThrow(/keyauth_credentials\.1\.key: repeats a key$/)
  const reference = aDeclaration({ consumers, keyauth_credentials: [{ consumer: 'free', key: '{vault://env/k-secret}' }] })
  expect(() => parseKongDeclaration(reference)).toThrow(/keyauth_credentials\.0\.key: must be the key itself: Kong resolves no reference here$/)
})

test('a file that is no YAML, or is not there, is one sentence', () => {
  expect(() => parseKongDeclaration('services: [')).toThrow(/^kong\.yml is not valid YAML: /)
  expect(() => readKongDeclaration('/nowhere/kong.yml')).toThrow("/nowhere/kong.yml can't be read: ENOENT")
})
