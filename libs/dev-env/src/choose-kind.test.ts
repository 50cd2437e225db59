import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { chooseKind } from './choose-kind.ts'
import { startDatabase } from './start-database.ts'

const before = { ...process.env }
beforeEach(() => {
  // No program can be found, so neither can Docker.
  process.env['PATH'] = '/nowhere'
  delete process.env['OTT_BACKENDS']
})
afterEach(() => void Object.assign(process.env, { OTT_BACKENDS: '', DATABASE_URL: '' }, before))

const question = {
  given: undefined,
  image: 'apache/kafka:4.1.1',
  missingLocally: async () => [],
  what: 'Kafka',
  remedy: 'start Docker, or install a JDK and Maven',
  log: () => {},
}

test('an address that is given wins over everything', async () => {
  process.env['OTT_BACKENDS'] = 'docker'
  expect(await chooseKind({ ...question, given: 'localhost:9092' })).toBe('given')
})

test('without Docker the machine itself is used', async () => {
  expect(await chooseKind(question)).toBe('local')
})

test('when nothing works, one sentence names every missing piece and what to install', async () => {
  const missingLocally = async (): Promise<string[]> => ['no JDK 17 or newer was found', 'Maven (mvn) was not found']
  await expect(chooseKind({ ...question, missingLocally })).rejects.toThrow(
    "Kafka can't be run here (no Docker daemon answers, no JDK 17 or newer was found, Maven (mvn) was not found): " +
      'start Docker, or install a JDK and Maven',
  )
})

test('a forced kind is never replaced by another', async () => {
  process.env['OTT_BACKENDS'] = 'docker'
  await expect(chooseKind(question)).rejects.toThrow('OTT_BACKENDS=docker, but no Docker daemon answers')
  process.env['OTT_BACKENDS'] = 'podman'
  await expect(chooseKind(question)).rejects.toThrow('OTT_BACKENDS is "podman", and may be "docker", "local" or unset')
})

test('a password in DATABASE_URL never reaches an error message', async () => {
  process.env['DATABASE_URL'] = 'user:hunter2@host/name'
  await expect(startDatabase({ dataDir: '/nowhere' })).rejects.toThrow(/^DATABASE_URL is not a URL like (?!.*hunter2)/)
})
