import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { recordKeyOf, tenantId } from './define-event.ts'
import {
  deadLetterTopicOf,
  eventContracts,
  inboundTopicOf,
  inboundTopicSpec,
  stageNames,
  tenantOfInboundTopic,
  topicCatalogue,
} from './topics.ts'

const tenants = fc.stringMatching(/^[a-z][a-z0-9-]{1,38}[a-z0-9]$/)

test('the inbound topic of a tenant leads back to that tenant', () => {
  fc.assert(
    fc.property(tenants, (tenant) => {
      expect(tenantId.safeParse(tenant).success).toBe(true)
      expect(tenantOfInboundTopic(inboundTopicOf(tenant))).toBe(tenant)
      expect(inboundTopicSpec(tenant)).toMatchObject({ name: inboundTopicOf(tenant), compacted: false })
    }),
  )
})

const hostile = [
  '',
  'a',
  'ab',
  'Acme',
  'acme-',
  '-acme',
  '1acme',
  'acme.v1',
  'acme.v1.events.inbound.globex',
  '../acme',
  'acme/globex',
  'acme\n',
  'acme\0',
  ' acme',
  'akme,globex',
  "acme'",
  'ácme',
  'a'.repeat(41),
  '{tenant}',
  '*',
]
test.each(hostile)('%j is no tenant, and its topic leads to none', (name) => {
  expect(tenantId.safeParse(name).success).toBe(false)
  expect(tenantOfInboundTopic(inboundTopicOf(name))).toBeUndefined()
})

test('whoever is no tenant by name is none by topic, and the other way round', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom('a', 'z', '9', '-', '.', 'A', '\n') })), (name) => {
      expect(tenantOfInboundTopic(inboundTopicOf(name)) === name).toBe(tenantId.safeParse(name).success)
    }),
    { numRuns: 2_000 },
  )
})

test('no topic of the catalogue is taken for an inbound one', () => {
  for (const { name } of topicCatalogue) expect(tenantOfInboundTopic(name)).toBeUndefined()
})

test('every topic is there once, within the names Kafka allows', () => {
  const names = topicCatalogue.map(({ name }) => name)
  expect(new Set(names).size).toBe(names.length)
  for (const name of [...names, inboundTopicOf('a'.repeat(40))]) expect(name).toMatch(/^[a-zA-Z0-9._-]{1,180}$/)
  for (const stage of stageNames) expect(names).toContain(deadLetterTopicOf(stage))
  for (const { topic } of eventContracts) expect(names).toContain(topic)
})

test('configuration topics are compacted and the others are not', () => {
  for (const { name, compacted } of topicCatalogue) expect(compacted).toBe(name.startsWith('config.'))
})

test('a tenant has no colon, so a key tells the tenant from the viewer', () => {
  fc.assert(
    fc.property(tenants, fc.string(), (tenant, subject) => expect(recordKeyOf({ tenantid: tenant, subject }).split(':')[0]).toBe(tenant)),
  )
})
