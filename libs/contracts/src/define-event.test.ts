import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { z } from 'zod'
import { buildEvent, defineEvent, type EventOf } from './define-event.ts'
import { eventAccepted } from './event-accepted.ts'
import { eventContracts } from './topics.ts'

const mealServed = defineEvent({
  type: 'com.ott.meal.served.v1',
  topic: 'meals.v1',
  owner: 'kitchen',
  description: 'A meal was served.',
  data: z.looseObject({ dish: z.string(), courses: z.number().int() }),
})
type MealServed = EventOf<typeof mealServed>

const served = buildEvent(mealServed, {
  id: 'm-1',
  subject: 'guest',
  time: '2026-01-31T20:15:00Z',
  tenantid: 'acme',
  data: { dish: 'soup', courses: 1 },
})

test('what is built passes its own check', () => {
  expect(mealServed.check(served)).toEqual({ ok: true, value: served })
  expect(served).toMatchObject({ source: '/ott/kitchen', dataschema: 'urn:ott:schema:com.ott.meal.served.v1' })
})

test('unknown fields of envelope and data pass through untouched', () => {
  const extension = fc.dictionary(fc.stringMatching(/^x[a-z]{1,8}$/), fc.jsonValue())
  fc.assert(
    fc.property(extension, extension, (attributes, fields) => {
      const event = { ...attributes, ...served, data: { ...fields, ...served.data } }
      expect(mealServed.check(event)).toEqual({ ok: true, value: event })
    }),
  )
})

test("a viewer's event keeps its unknown fields through the stages", () => {
  const event = { id: 'e', source: '/s', type: 't', time: 'x', partitionkey: 'k', data: { deep: { er: [1, null, 'x'] } } }
  const accepted = buildEvent(eventAccepted, {
    id: 'k',
    subject: 's',
    time: '2026-01-31T20:15:00Z',
    tenantid: 'acme',
    data: { event, receivedAt: 'now' },
  })
  expect(eventAccepted.check(JSON.parse(JSON.stringify(accepted)))).toEqual({ ok: true, value: accepted })
})

test.each([
  ['type', { ...served, type: 'com.ott.meal.served.v2' }],
  ['dataschema', { ...served, dataschema: 'urn:ott:schema:other' }],
  ['tenantid', { ...served, tenantid: 'Acme' }],
  ['subject', { ...served, subject: '' }],
  ['time', { ...served, time: '2026-02-30T00:00:00Z' }],
  ['data.courses', { ...served, data: { dish: 'soup', courses: 'one' } }],
  ['data', { ...served, data: undefined }],
])('a broken %s is named', (field, event) => {
  expect(mealServed.check(event)).toMatchObject({ ok: false, problems: [{ field }] })
})

test('types come from the definition', () => {
  const dish: string = served.data.dish
  const event: MealServed = served
  // @ts-expect-error the contract says a number
  const wrong: MealServed['data'] = { dish: 'soup', courses: 'one' }
  // @ts-expect-error the contract has this field
  const lacking: MealServed['data'] = { courses: 1 }
  expect([dish, event.data.courses, wrong.courses, lacking.dish]).toEqual(['soup', 1, 'one', undefined])
})

test('every contract has a type of its own, a topic has one owner, and both end in a version', () => {
  expect(new Set(eventContracts.map(({ type }) => type)).size).toBe(eventContracts.length)
  for (const [, sharing] of Map.groupBy(eventContracts, ({ topic }) => topic)) expect(new Set(sharing.map(({ owner }) => owner)).size).toBe(1)
  for (const { type, topic } of eventContracts)
    expect([type, topic]).toEqual([expect.stringMatching(/^com\.ott\..+\.v\d+$/), expect.stringMatching(/\.v\d+$/)])
})
