import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from '@jest/globals'
import { SettingsError } from '@ott/service/settings'
import { schemas } from './prepare-installation.ts'
import { passwordSettingOf, readPrepareSettings } from './settings.ts'

const folder = mkdtempSync(join(tmpdir(), 'ott-prepare-'))
afterAll(() => rmSync(folder, { recursive: true }))

function fileWith(name: string, content: string): string {
  const file = join(folder, name)
  writeFileSync(file, content)
  return file
}

const complete = {
  ADMIN_DATABASE_URL: 'postgres://admin:of-all@db/ott',
  KAFKA_BROKERS: 'one:9092, two:9092',
  ...Object.fromEntries(schemas.map(({ service }) => [passwordSettingOf(service), `of-${service}`])),
}

test('every service with a schema has a password of its own, named after it', () => {
  expect(passwordSettingOf('ml-scoring')).toBe('DATABASE_PASSWORD_ML_SCORING')
  expect(readPrepareSettings(complete)).toEqual({
    installation: {
      adminDatabaseUrl: 'postgres://admin:of-all@db/ott',
      kafkaBrokers: ['one:9092', 'two:9092'],
      topicPrefix: '',
      partitions: 6,
      passwords: Object.fromEntries(schemas.map(({ service }) => [service, `of-${service}`])),
    },
    waitMsMax: 60_000,
  })
})

test('what is missing or wrong is told together, by name, and no value is', () => {
  const read = () => readPrepareSettings({ ...complete, ADMIN_DATABASE_URL: 'mysql://secret', KAFKA_BROKERS: '', DATABASE_PASSWORD_TENANT: undefined })
  expect(read).toThrow(SettingsError)
  expect(read).toThrow(/ADMIN_DATABASE_URL: must be a postgres:/)
  expect(read).toThrow(/KAFKA_BROKERS: /)
  expect(read).toThrow(/DATABASE_PASSWORD_TENANT: must be set, or DATABASE_PASSWORD_TENANT_FILE/)
  expect(read).not.toThrow(/secret/)
})

test('a secret may be in a file, whose last line break is no part of it', () => {
  const { DATABASE_PASSWORD_TENANT: _, ADMIN_DATABASE_URL: _url, ...rest } = { DATABASE_PASSWORD_TENANT: '', ...complete }
  const { installation } = readPrepareSettings({
    ...rest,
    ADMIN_DATABASE_URL_FILE: fileWith('url', 'postgres://other@db/ott\n'),
    DATABASE_PASSWORD_TENANT_FILE: fileWith('tenant', ' from a file \n'),
  })
  expect(installation.adminDatabaseUrl).toBe('postgres://other@db/ott')
  expect(installation.passwords['tenant']).toBe(' from a file ')
})

test('a secret that is given twice, or whose file is not there, is refused by name', () => {
  expect(() => readPrepareSettings({ ...complete, ADMIN_DATABASE_URL_FILE: fileWith('twice', 'x') })).toThrow('is given twice')
  expect(() => readPrepareSettings({ ...complete, DATABASE_PASSWORD_TENANT: '', DATABASE_PASSWORD_TENANT_FILE: join(folder, 'none') })).toThrow(
    "DATABASE_PASSWORD_TENANT_FILE: the file can't be read (ENOENT)",
  )
})
