import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { buildEvent } from '@ott/contracts/define-event'
import { ruleSetConfigured, type RuleSetConfiguration } from '@ott/contracts/rule-set-configured'
import { createMemoryBus, type MemoryBus } from '@ott/pipeline/memory-bus'
import { parseRegulationPack } from '@ott/regulations/regulation-pack'
import { compilePack } from '@ott/regulations/compile-pack'
import { compileRuleSet } from '@ott/regulations/compile-rule-set'
import type { RuleSetDirectory } from '../src/rulesets/rule-set-directory.ts'
import { aDirectory, builtin, createConfigTopics, packs, until, type Told } from './rule-set-fixture.ts'

let bus: MemoryBus
let told: Told
const open: RuleSetDirectory[] = []
beforeEach(async () => {
  bus = createMemoryBus()
  told = { refused: [], changed: [] }
  await createConfigTopics(bus)
})
afterEach(async () => {
  for (const directory of open.splice(0)) await directory.stop()
  await bus.close()
})
async function follow(rules = builtin): Promise<RuleSetDirectory> {
  const directory = await aDirectory(bus, `g${open.length}`, told, rules)
  open.push(directory)
  return directory
}

let sequence = 0
async function tell(ruleSetId: string, status: RuleSetConfiguration['status'], definition: object = { name: 'x', packs: ['vppa'] }, more: Partial<RuleSetConfiguration> = {}): Promise<void> {
  const data = { tenantId: 'acme', ruleSetId, number: 1, name: 'x', status, sequence: ++sequence, version: 'v', definition: definition as Record<string, unknown>, ...more }
  const event = buildEvent(ruleSetConfigured, { id: `${ruleSetId}-${sequence}`, subject: ruleSetId, time: '2026-01-01T00:00:00Z', tenantid: data.tenantId, data })
  await bus.publish([{ topic: ruleSetConfigured.topic, key: `${data.tenantId}:${ruleSetId}`, value: JSON.stringify(event), headers: {} }])
}
const read = async (directory: RuleSetDirectory) => {
  // Whatever was told before this record has been read when it is seen.
  await tell('mark', 'shadow', { name: 'mark', packs: [] }, { tenantId: `mark-${sequence}` })
  const mark = `mark-${sequence - 1}`
  await until(() => directory.inForce(mark).shadows.length === 1)
}
const regulations = (directory: RuleSetDirectory, tenantId = 'acme') => [...new Set(directory.inForce(tenantId).live.rules.map(({ regulation }) => regulation))]
const broken = { name: 'x', packs: [], ownRules: 'rules: [' }

test('a tenant without a rule set of its own is judged by the packs of the product', async () => {
  const directory = await follow()
  expect(directory.inForce('acme')).toMatchObject({ live: { version: builtin.rules.version }, shadows: [] })
  expect(directory.publishedId('acme')).toBeUndefined()
})

test('one record changes the rules; what a batch holds stays as it is', async () => {
  const directory = await follow()
  await tell('a', 'published')
  await read(directory)
  const held = directory.inForce('acme')
  await tell('b', 'published', { name: 'x', packs: ['gdpr'] })
  await read(directory)
  expect([regulations(directory), directory.publishedId('acme')]).toEqual([['gdpr'], 'b'])
  expect([...new Set(held.live.rules.map(({ regulation }) => regulation))]).toEqual(['vppa'])
  expect(regulations(directory, 'globex')).toEqual([...new Set(builtin.rules.rules.map(({ regulation }) => regulation))])
  await tell('a', 'retired')
  await read(directory)
  expect(regulations(directory)).toEqual(['gdpr'])
  expect(told.changed.filter((change) => change.startsWith('acme'))).toHaveLength(2)
})

test('what is retired without another one leaves the packs of the product', async () => {
  const directory = await follow()
  await tell('a', 'published')
  await tell('a', 'retired')
  await read(directory)
  expect(directory.inForce('acme').live).toBe(builtin.rules)
})

test('shadows judge beside the rules in force until they are published or retired', async () => {
  const directory = await follow()
  await tell('a', 'shadow')
  await tell('b', 'shadow', { name: 'x', packs: [] })
  await read(directory)
  expect(directory.inForce('acme').shadows.map(({ id }) => id)).toEqual(['a', 'b'])
  expect(directory.inForce('acme').live).toBe(builtin.rules)
  await tell('a', 'published')
  await tell('b', 'retired')
  await read(directory)
  expect([directory.inForce('acme').shadows, regulations(directory)]).toEqual([[], ['vppa']])
})

describe('whatever order records come in', () => {
  test('an older one changes nothing', async () => {
    const directory = await follow()
    await tell('a', 'published', undefined, { sequence: 1_000 })
    await tell('a', 'retired', undefined, { sequence: 999 })
    await tell('b', 'published', { name: 'x', packs: ['gdpr'] }, { sequence: 998 })
    await read(directory)
    expect(regulations(directory)).toEqual(['vppa'])
  })

  test('a process that starts later has the same in force', async () => {
    const first = await follow()
    await tell('a', 'published')
    await tell('b', 'published', { name: 'x', packs: ['gdpr'] })
    await tell('a', 'retired')
    await read(first)
    const second = await follow()
    expect(second.inForce('acme').live.version).toBe(first.inForce('acme').live.version)
  })
})

describe('what does not compile here', () => {
  test('leaves in force what was before, and is told', async () => {
    const directory = await follow()
    await tell('a', 'published')
    await tell('b', 'published', broken)
    await tell('a', 'retired')
    await read(directory)
    expect([regulations(directory), told.refused]).toEqual([['vppa'], ['b']])
    await tell('c', 'published', { name: 'x', packs: ['gdpr'] })
    await read(directory)
    expect(regulations(directory)).toEqual(['gdpr'])
  })

  test('is no shadow', async () => {
    const directory = await follow()
    await tell('a', 'shadow', broken)
    await read(directory)
    expect([directory.inForce('acme').shadows, told.refused]).toEqual([[], ['a']])
  })

  test.each([['no definition', undefined], ['another shape', { packs: 1 }]])('%s: likewise', async (_what, definition) => {
    const directory = await follow()
    await tell('a', 'published', definition ?? {}, definition === undefined ? { definition: undefined } : {})
    await read(directory)
    expect([directory.inForce('acme').live, told.refused]).toEqual([builtin.rules, ['a']])
  })

  test('a record that is none', async () => {
    const directory = await follow()
    await bus.publish([{ topic: ruleSetConfigured.topic, key: 'acme:a', value: '{', headers: {} }, { topic: ruleSetConfigured.topic, key: 'acme:b', value: null, headers: {} }])
    await tell('a', 'published')
    await read(directory)
    expect([regulations(directory), told.refused]).toEqual([['vppa'], ['(body): is not JSON']])
  })
})

test('a process whose packs are older goes on with what it has of them', async () => {
  const vppa = packs.filter(({ regulation }) => regulation === 'vppa')
  const extra = parseRegulationPack(JSON.stringify({ ...vppa[0], file: undefined, regulation: 'vppa' }), 'vppa.yaml')
  const older = { packs: [compilePack(extra)], rules: compileRuleSet([extra]) }
  const directory = await follow(older)
  await tell('a', 'published', { name: 'x', packs: ['gdpr', 'vppa'], overrides: [{ rule: 'gdpr.art7.withdrawn-consent', enabled: false }] })
  await read(directory)
  expect([regulations(directory), told.refused]).toEqual([['vppa'], []])
})
