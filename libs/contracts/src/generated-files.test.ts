import { execFile } from 'node:child_process'
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, expect, test } from '@jest/globals'
import { Validator } from '@seriousme/openapi-schema-validator'
import { Ajv } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { parse } from 'yaml'
import { generatedFiles, driftedFiles } from './generated-files.ts'
import { eventContracts, topicCatalogue } from './topics.ts'
import { viewerEventTypes } from './viewer-event-types.ts'

const folder = mkdtempSync(join(tmpdir(), 'ott-contracts-'))
afterAll(() => rmSync(folder, { recursive: true }))
const files = generatedFiles()
const text = (path: string): string => files.get(path) ?? ''
const program = fileURLToPath(new URL('generate.ts', import.meta.url))

async function generate(...args: string[]): Promise<{ code: number; stderr: string }> {
  const run = promisify(execFile)(process.execPath, [program, ...args], { env: { ...process.env, NODE_OPTIONS: '' } })
  return run.then(
    ({ stderr }) => ({ code: 0, stderr }),
    ({ code, stderr }: { code: number; stderr: string }) => ({ code, stderr }),
  )
}

test('the committed files are what the contracts say', async () => {
  expect(await generate('--check')).toEqual({ code: 0, stderr: '' })
})

test('the check names each file that drifted, is gone or is left over, and writing mends them all', async () => {
  await generate(folder)
  appendFileSync(join(folder, 'openapi.yaml'), '\n')
  rmSync(join(folder, 'privacy-fields.json'))
  writeFileSync(join(folder, 'schemas', 'com.ott.gone.v1.json'), '{}')
  const { code, stderr } = await generate('--check', folder)
  expect(code).toBe(1)
  for (const path of ['openapi.yaml', 'privacy-fields.json', 'schemas/com.ott.gone.v1.json']) expect(stderr).toContain(`${path} differs`)
  expect(stderr).not.toContain('asyncapi.yaml')
  await generate(folder)
  expect(await generate('--check', folder)).toEqual({ code: 0, stderr: '' })
})

test('generating twice gives the same bytes', () => {
  expect(driftedFiles(generatedFiles(), files)).toEqual([])
})

test('the AsyncAPI document is valid by the schema its specification publishes', () => {
  const require = createRequire(import.meta.url)
  const specification = JSON.parse(readFileSync(require.resolve('@asyncapi/specs/schemas/3.0.0.json'), 'utf8')) as object
  const ajv = new Ajv({ meta: false, validateSchema: false, strict: false, validateFormats: false, logger: false, allErrors: true })
  const validate = ajv.compile(specification)
  const document = parse(text('asyncapi.yaml')) as object
  validate(document)
  expect(validate.errors?.slice(0, 5) ?? []).toEqual([])
  expect(validate({ ...document, channels: [] })).toBe(false)
})

interface AsyncApi {
  channels: Record<string, { address: string; parameters?: object; messages: Record<string, unknown> }>
  operations: Record<string, { action: string; channel: { $ref: string } }>
  components: { messages: Record<string, { headers: { $ref: string } }>; schemas: Record<string, { properties: Record<string, unknown> }> }
}

test('every topic of the catalogue is a channel that someone sends to, besides one inbound topic a tenant', () => {
  const { channels, operations } = parse(text('asyncapi.yaml')) as AsyncApi
  const addresses = Object.values(channels).map(({ address }) => address)
  expect(addresses.sort()).toEqual([...topicCatalogue.map(({ name }) => name), 'events.inbound.{tenant}.v1'].sort())
  expect(Object.keys(channels['events.inbound.tenant.v1']?.parameters ?? {})).toEqual(['tenant'])
  expect(Object.keys(channels['events.inbound.tenant.v1']?.messages ?? {}).sort()).toEqual(Object.keys(viewerEventTypes).sort())
  const sent = Object.values(operations)
    .filter(({ action }) => action === 'send')
    .map(({ channel }) => channel.$ref.replace('#/channels/', ''))
  expect(sent.sort()).toEqual(topicCatalogue.map(({ name }) => name).sort())
  for (const { owner, topic } of eventContracts) expect(operations).toHaveProperty([`${owner}.send.${topic}`])
})

test('every pipeline message carries a traceparent', () => {
  const { components } = parse(text('asyncapi.yaml')) as AsyncApi
  for (const { type } of eventContracts) {
    const headers = components.messages[type]?.headers.$ref.split('/').at(-1) ?? ''
    expect(components.schemas[headers]?.properties).toHaveProperty('traceparent')
  }
})

function refsIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, child]) => (key === '$ref' && typeof child === 'string' ? [child] : refsIn(child)))
}

test.each(['asyncapi.yaml', 'openapi.yaml'])('every reference of %s leads somewhere', (path) => {
  const document: unknown = parse(text(path))
  const follow = (ref: string) =>
    ref
      .split('/')
      .slice(1)
      .reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], document)
  const refs = refsIn(document)
  expect(refs.length).toBeGreaterThan(20)
  expect(refs.filter((ref) => follow(ref) === undefined)).toEqual([])
})

interface OpenApi {
  paths: Record<string, Record<string, { operationId: string; responses: Record<string, { $ref?: string }> }>>
  components: { responses: Record<string, { content: Record<string, unknown> }> }
}

test('the OpenAPI document is valid 3.1 and tells every address', async () => {
  const document = parse(text('openapi.yaml')) as OpenApi
  const validator = new Validator()
  expect(await validator.validate(structuredClone(document) as unknown as Record<string, unknown>)).toMatchObject({ valid: true })
  expect(validator.version).toBe('3.1')
  const addresses = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  )
  expect(addresses.sort()).toEqual([
    'DELETE /v1/models/{name}/federation',
    'DELETE /v1/silences/{id}',
    'DELETE /v1/tenant/keys/{id}',
    'DELETE /v1/training-schedules/{name}',
    'DELETE /v1/webhooks/{id}',
    'GET /v1/alerting/configuration',
    'GET /v1/alerts',
    'GET /v1/alerts/{id}',
    'GET /v1/attack-findings',
    'GET /v1/backtests',
    'GET /v1/backtests/{id}',
    'GET /v1/dead-letters',
    'GET /v1/decision-log',
    'GET /v1/decision-log/checkpoints',
    'GET /v1/decision-log/keys',
    'GET /v1/decision-log:verify',
    'GET /v1/deliveries',
    'GET /v1/deliveries/{id}',
    'GET /v1/events/{id}',
    'GET /v1/events/{id}/decision',
    'GET /v1/events/{id}/proof',
    'GET /v1/labels',
    'GET /v1/ledger',
    'GET /v1/models',
    'GET /v1/models/{name}',
    'GET /v1/models/{name}/drift',
    'GET /v1/models/{name}/federation',
    'GET /v1/models/{name}/metrics',
    'GET /v1/models/{name}/versions',
    'GET /v1/models/{name}/versions/{version}',
    'GET /v1/models/{name}/versions/{version}/comparison',
    'GET /v1/on-call',
    'GET /v1/receivers',
    'GET /v1/regulations',
    'GET /v1/regulations/{id}',
    'GET /v1/routes',
    'GET /v1/rules',
    'GET /v1/rules/{id}',
    'GET /v1/rulesets',
    'GET /v1/rulesets/{id}',
    'GET /v1/rulesets/{id}/shadow',
    'GET /v1/series',
    'GET /v1/series/{name}',
    'GET /v1/series/{name}/anomalies',
    'GET /v1/silences',
    'GET /v1/silences/{id}',
    'GET /v1/subjects/{id}/attention',
    'GET /v1/subjects/{id}/risk',
    'GET /v1/tenant',
    'GET /v1/tenant/keys',
    'GET /v1/training-runs',
    'GET /v1/training-runs/{id}',
    'GET /v1/training-schedules',
    'GET /v1/violations',
    'GET /v1/violations/settings',
    'GET /v1/violations/{id}',
    'GET /v1/violations/{id}/comments',
    'GET /v1/violations/{id}/evidence',
    'GET /v1/violations/{id}/history',
    'GET /v1/webhooks',
    'GET /v1/webhooks/{id}',
    'GET /v1/webhooks/{id}/deliveries',
    'PATCH /v1/silences/{id}',
    'PATCH /v1/tenant',
    'PATCH /v1/violations/{id}',
    'PATCH /v1/webhooks/{id}',
    'POST /v1/alerts',
    'POST /v1/alerts/{id}:acknowledge',
    'POST /v1/backtests/{id}:cancel',
    'POST /v1/dead-letters:redrive',
    'POST /v1/deliveries/{id}:resend',
    'POST /v1/events',
    'POST /v1/labels',
    'POST /v1/models/{name}/versions/{version}:challenge',
    'POST /v1/models/{name}/versions/{version}:promote',
    'POST /v1/models/{name}/versions/{version}:retire',
    'POST /v1/models/{name}:rollback',
    'POST /v1/models/{name}:train',
    'POST /v1/receivers/{name}:enable',
    'POST /v1/receivers/{name}:test',
    'POST /v1/routes:test',
    'POST /v1/rules:test',
    'POST /v1/rulesets',
    'POST /v1/rulesets/{id}:approve',
    'POST /v1/rulesets/{id}:backtest',
    'POST /v1/rulesets/{id}:check',
    'POST /v1/rulesets/{id}:publish',
    'POST /v1/rulesets/{id}:retire',
    'POST /v1/rulesets/{id}:shadow',
    'POST /v1/silences',
    'POST /v1/silences:snooze',
    'POST /v1/tenant/keys',
    'POST /v1/training-runs/{id}:cancel',
    'POST /v1/violations/{id}/comments',
    'POST /v1/violations/{id}:acknowledge',
    'POST /v1/violations/{id}:false-positive',
    'POST /v1/violations/{id}:reopen',
    'POST /v1/violations/{id}:resolve',
    'POST /v1/violations/{id}:review',
    'POST /v1/webhooks',
    'POST /v1/webhooks/{id}/deliveries:resend',
    'POST /v1/webhooks/{id}:enable',
    'POST /v1/webhooks/{id}:rotate-secret',
    'POST /v1/webhooks/{id}:test',
    'PUT /v1/alerting/configuration',
    'PUT /v1/models/{name}/drift-settings',
    'PUT /v1/models/{name}/federation',
    'PUT /v1/rulesets/{id}',
    'PUT /v1/training-schedules/{name}',
    'PUT /v1/violations/settings',
  ])
})

test('every answer of 400 and above is a problem', () => {
  const { paths, components } = parse(text('openapi.yaml')) as OpenApi
  for (const { responses } of Object.values(paths).flatMap((methods) => Object.values(methods))) {
    expect(Object.keys(responses)).toEqual(expect.arrayContaining(['401', '503']))
    for (const [status, { $ref }] of Object.entries(responses))
      if (Number(status) >= 400) expect($ref).toBe(`#/components/responses/Problem${status}`)
  }
  for (const { content } of Object.values(components.responses)) expect(Object.keys(content)).toEqual(['application/problem+json'])
})

const schemas = [...files].filter(([path]) => path.startsWith('schemas/'))

test('there is one JSON Schema for each contract and each viewer event type', () => {
  const types = [...eventContracts.map(({ type }) => type), ...Object.keys(viewerEventTypes)]
  expect(schemas.map(([path]) => path).sort()).toEqual(types.map((type) => `schemas/${type}.json`).sort())
})

const ajv = new Ajv2020({ keywords: ['x-privacy'] })
addFormats.default(ajv)

test.each(schemas)('%s is a strict 2020-12 schema with a title, and so is its data', (_path, schema) => {
  const document = JSON.parse(schema) as { $id: string; title: string; properties: { data: { $id: string; title: string } } }
  expect(document.title).not.toBe('')
  ajv.compile(document)
  expect(ajv.getSchema(document.properties.data.$id)).toBeInstanceOf(Function)
})

test('a schema takes what the check takes, and refuses what it refuses', () => {
  const validate = ajv.getSchema('urn:ott:event:com.ott.signin.failed.v1')
  const event = {
    specversion: '1.0',
    id: 'e',
    source: '/s',
    type: 'com.ott.signin.failed.v1',
    subject: 'v',
    time: '2026-01-31T20:15:00Z',
    data: {},
  }
  for (const data of [{}, { ip: '192.0.2.1' }, { ip: '::ffff:192.0.2.1' }, { anything: [1] }, { attempts: 3 }])
    expect([data, validate?.({ ...event, data })]).toEqual([data, true])
  for (const data of [{ ip: '1.2.3' }, { attempts: 0 }, { attempts: '3' }, { country: 'Germany' }])
    expect([data, validate?.({ ...event, data })]).toEqual([data, false])
  expect(validate?.({ ...event, time: '2026-02-30T00:00:00Z' })).toBe(false)
})

test('the privacy list names the fields that say something about a person', () => {
  const fields = JSON.parse(text('privacy-fields.json')) as { event: string; field: string; privacy: string }[]
  const at = (event: string, field: string) => fields.find((each) => each.event === event && each.field === field)?.privacy
  expect(at('com.ott.signin.failed.v1', 'data.ip')).toBe('linkable')
  expect(at('com.ott.signin.failed.v1', 'data.username')).toBe('pii')
  expect(at('com.ott.playback.started.v1', 'data.contentId')).toBe('sensitive')
  expect(at('com.ott.event.assessed.v1', 'data.findings[].values')).toBe('sensitive')
  expect(at('com.ott.event.accepted.v1', 'data.event.data')).toBe('sensitive')
  for (const type of Object.keys(viewerEventTypes)) expect(at(type, 'subject')).toBe('linkable')
})
