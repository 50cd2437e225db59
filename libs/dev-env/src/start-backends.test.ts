import { once } from 'node:events'
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { openDatabase } from '@ott/postgres/database'
import { brokerAnswers } from './broker-answers.ts'
import { databaseAnswers } from './database-answers.ts'
import { freePort } from './free-port.ts'
import { identityOf } from './process-identity.ts'
import { removeDataFolder } from './remove-data-folder.ts'
import { startBackends } from './start-backends.ts'

const inherited = { ...process.env }
let dataDir: string
beforeAll(() => {
  // These tests are about backends of their own, whatever the rest of the run works with.
  delete process.env['KAFKA_BROKERS']
  delete process.env['DATABASE_URL']
  dataDir = mkdtempSync(join(tmpdir(), 'ott-backends-'))
})
afterAll(async () => {
  Object.assign(process.env, inherited)
  await removeDataFolder(dataDir)
})

async function query(url: string, text: string): Promise<object[]> {
  const connections = openDatabase({ url, poolMax: 1, applicationName: 'test' })
  try {
    return await connections.transaction([], (sql) => sql.query(text))
  } finally {
    await connections.close()
  }
}

function portOf(address: string | undefined): number {
  return Number(address?.split(':')[1])
}

test('what was written survives a crash of both processes, and a stop in order', async () => {
  const first = await startBackends({ dataDir })
  await query(first.database.url, 'create table kept (word text)')
  await query(first.database.url, `insert into kept values ('before the crash')`)
  await first.broker.kill9()
  await first.broker.exited
  await first.database.kill9()
  await first.database.exited
  await first.stop()

  const second = await startBackends({ dataDir })
  expect(await query(second.database.url, 'select word from kept')).toEqual([{ word: 'before the crash' }])
  const durability = `select current_setting('fsync') as fsync, current_setting('synchronous_commit') as sync`
  expect(await query(second.database.url, durability)).toEqual([{ fsync: 'on', sync: 'on' }])
  expect(await brokerAnswers('127.0.0.1', portOf(second.broker.brokers[0]))).toBe(true)
  await second.stop()
  expect(await brokerAnswers('127.0.0.1', portOf(second.broker.brokers[0]))).toBe(false)
  expect(existsSync(join(dataDir, 'owner'))).toBe(false)
}, 120_000)

test('when one backend can’t start, the other is stopped again and the data folder is free', async () => {
  const port = await freePort()
  const holder = createServer().listen(port, '127.0.0.1')
  await once(holder, 'listening')
  await expect(startBackends({ dataDir, postgresPort: port })).rejects.toThrow(
    `port ${port}, wanted for PostgreSQL, is taken: stop what listens there or set POSTGRES_PORT to another port`,
  )
  holder.close()
  expect(existsSync(join(dataDir, 'run', 'kafka.json'))).toBe(false)
  expect(existsSync(join(dataDir, 'owner'))).toBe(false)
}, 60_000)

test('when the broker turns out not to answer, a database that runs already is stopped again', async () => {
  const postgresPort = await freePort()
  process.env['KAFKA_BROKERS'] = `127.0.0.1:${await freePort()}`
  try {
    await expect(startBackends({ dataDir, postgresPort })).rejects.toThrow('no broker of KAFKA_BROKERS=127.0.0.1:')
  } finally {
    delete process.env['KAFKA_BROKERS']
  }
  expect(await databaseAnswers('127.0.0.1', postgresPort)).toBe(false)
  expect(existsSync(join(dataDir, 'owner'))).toBe(false)
}, 60_000)

test('backends that a killed launcher left running make way for new ones on the same ports', async () => {
  const [kafkaPort, postgresPort] = [await freePort(), await freePort()]
  const left = await startBackends({ dataDir, kafkaPort, postgresPort })
  // As if the launcher were gone: its claim names a process that no longer runs.
  writeFileSync(join(dataDir, 'owner'), JSON.stringify({ pid: process.pid, identity: 'an earlier boot' }))
  const next = await startBackends({ dataDir, kafkaPort, postgresPort })
  await left.broker.exited
  await left.database.exited
  if (left.broker.pid !== undefined) expect(identityOf(left.broker.pid)).toBeUndefined()
  await next.stop()
}, 60_000)
