import { expect, test } from '@jest/globals'
import { z } from 'zod'
import { readSettings, SettingsError, standardSettings } from './settings.ts'

const least = { PORT: '8101', KAFKA_BROKERS: 'a:9092' }

function messageOf(environment: Record<string, string>): string {
  try {
    readSettings(standardSettings, environment)
  } catch (error) {
    if (error instanceof SettingsError) return error.message
  }
  throw new Error('was taken')
}

test('what is not set has its default', () => {
  expect(readSettings(standardSettings, least)).toEqual({
    PORT: 8101,
    HOST: '127.0.0.1',
    KAFKA_BROKERS: ['a:9092'],
    KAFKA_TOPIC_PREFIX: '',
    KAFKA_PARTITIONS: 6,
    LOG_LEVEL: 'info',
  })
})

test('brokers are a list', () => {
  expect(readSettings(standardSettings, { ...least, KAFKA_BROKERS: 'a:1, b:2' }).KAFKA_BROKERS).toEqual(['a:1', 'b:2'])
})

test('every setting that is missing or wrong is named, in one line', () => {
  const message = messageOf({ KAFKA_PARTITIONS: '0', LOG_LEVEL: 'loud', DATABASE_URL: 'mysql://x', KAFKA_TOPIC_PREFIX: 'a b' })
  for (const name of ['PORT', 'KAFKA_BROKERS', 'KAFKA_PARTITIONS', 'LOG_LEVEL', 'DATABASE_URL', 'KAFKA_TOPIC_PREFIX'])
    expect(message).toContain(`${name}: `)
  expect(message).not.toContain('\n')
})

test.each(['', 'http', '-1', '65536', '80.5'])('%j is no port', (PORT) => {
  expect(messageOf({ ...least, PORT })).toMatch(/^PORT: /)
})

test('a password in a wrong address is not quoted', () => {
  expect(messageOf({ ...least, DATABASE_URL: 'mysql://user:hidden@host/db' })).not.toContain('hidden')
})

test("a service's own settings are checked with the standard ones", () => {
  const schema = standardSettings.extend({ SHELF_WIDTH_CM: z.coerce.number().min(1) })
  expect(readSettings(schema, { ...least, SHELF_WIDTH_CM: '40' }).SHELF_WIDTH_CM).toBe(40)
  expect(() => readSettings(schema, least)).toThrow(/^SHELF_WIDTH_CM: /)
})
