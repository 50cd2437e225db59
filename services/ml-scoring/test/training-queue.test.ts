import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { openDatabase, type Database } from '@ott/postgres/database'
import { provision } from '@ott/postgres/provision'
import { createTestDatabase, testPasswords, type TestDatabase } from '@ott/postgres/test-database'
import { schema } from '../src/schema.ts'
import { leadTask } from '../src/lead-task.ts'
import { dueSchedules, listSchedules, removeSchedule, setSchedule, takeTurn } from '../src/training/schedule-store.ts'
import {
  cancelTraining,
  claimTraining,
  createTraining,
  endTraining,
  listTrainings,
  readTraining,
  releaseTraining,
  saveTrainingProgress,
  trainingBounds,
  TrainingLostError,
} from '../src/training/training-run-store.ts'
import { startTrainingScheduler } from '../src/training/training-scheduler.ts'

let admin: TestDatabase
let database: Database
beforeAll(async () => {
  admin = await createTestDatabase(process.env['OTT_TEST_DATABASE_URL'])
  const urls = await provision({ adminUrl: admin.url, schemas: [schema], passwords: testPasswords(['ml-scoring']) })
  database = openDatabase({ url: urls['ml-scoring'] ?? '', poolMax: 6, applicationName: 'test' })
})
afterAll(async () => {
  await database?.close()
  await admin?.drop()
})
beforeEach(() => admin.query('truncate ml_scoring.training_runs, ml_scoring.training_schedules, ml_scoring.leaders'))

const tenants = ['acme', 'globex']
const wanted = { tenantId: 'acme', model: 'risk-ensemble', requestedBy: 'api-key:k-1', seed: 7, from: new Date('2026-01-01T00:00:00Z'), to: new Date('2026-02-01T00:00:00Z') }
const firstPage = { limit: 50, after: undefined }

async function queued(parts: Partial<typeof wanted> = {}) {
  const run = await createTraining(database, { ...wanted, ...parts })
  if (run === undefined) throw new Error('the queue is full')
  return run
}
async function claimed(leaseMs = 60_000) {
  const run = await claimTraining(database, tenants, leaseMs)
  if (run === undefined) throw new Error('nothing waits')
  return run
}

describe('a training run', () => {
  test('is claimed by one of many that ask at once, the longest waiting first, one of a tenant at a time', async () => {
    const first = await queued()
    await queued()
    const other = await queued({ tenantId: 'globex' })
    const claims = await Promise.all(Array.from({ length: 6 }, () => claimTraining(database, tenants, 60_000)))
    expect(claims.flatMap((run) => run?.id ?? []).toSorted()).toEqual([first.id, other.id].toSorted())
  })

  test('goes on from its checkpoint when its worker is gone, and who was taken for dead writes nothing any more', async () => {
    await queued()
    const dead = await claimed(0)
    await saveTrainingProgress(database, dead, { phase: 'training', progress: 0.5, checkpoint: { snapshot: { sha256: 'abc', sizeBytes: 3 } } }, 0)
    await saveTrainingProgress(database, dead, { phase: 'training', progress: 0.6 }, 0)
    const heir = await claimed()
    expect(heir).toMatchObject({ id: dead.id, checkpoint: { snapshot: { sha256: 'abc', sizeBytes: 3 } }, progress: 0.6, snapshotHash: 'abc' })
    await expect(saveTrainingProgress(database, dead, { phase: 'training', progress: 0.9 }, 60_000)).rejects.toThrow(TrainingLostError)
    await endTraining(database, dead, { status: 'failed', failure: 'late' })
    expect(await readTraining(database, 'acme', heir.id)).toMatchObject({ status: 'running' })
    await endTraining(database, heir, { status: 'finished', version: 4, metrics: { auc: 0.9 }, codeVersion: 'c-1' })
    expect(await readTraining(database, 'acme', heir.id)).toMatchObject({ status: 'finished', version: 4, metrics: { auc: 0.9 }, codeVersion: 'c-1', progress: 1 })
  })

  test('that was given back is taken up at once; one that was cancelled ends, and its worker is told at its next progress', async () => {
    await queued()
    const first = await claimed()
    await releaseTraining(database, first, 0)
    const second = await claimed()
    expect([second.id, second.attempts]).toEqual([first.id, 2])
    await cancelTraining(database, 'acme', second.id)
    await expect(saveTrainingProgress(database, second, { phase: 'reading', progress: 0 }, 60_000)).rejects.toThrow(TrainingLostError)
    expect(await claimTraining(database, tenants, 60_000)).toBeUndefined()
  })

  test('is seen by its own tenant alone', async () => {
    const run = await queued()
    expect(await readTraining(database, 'globex', run.id)).toBeUndefined()
    expect(await cancelTraining(database, 'globex', run.id)).toBeUndefined()
    expect(await listTrainings(database, 'globex', undefined, firstPage)).toEqual([])
    expect((await listTrainings(database, 'acme', 'risk-ensemble', firstPage)).map(({ id }) => id)).toEqual([run.id])
    expect(await listTrainings(database, 'acme', 'seasonal', firstPage)).toEqual([])
  })

  test('is refused when as many as may wait already', async () => {
    for (let n = 0; n < trainingBounds.pendingMax; n += 1) await queued()
    expect(await createTraining(database, wanted)).toBeUndefined()
    expect(await createTraining(database, { ...wanted, tenantId: 'globex' })).toBeDefined()
  })
})

const nightly = { tenantId: 'acme', model: 'risk-ensemble', cron: '0 3 * * *', timeZone: 'UTC', periodDays: 30, nextAt: new Date('2026-02-01T03:00:00Z'), setBy: 'api-key:k-1' }

describe('a schedule', () => {
  test('queues the run of a turn once, however many take it, and moves on', async () => {
    const schedule = await setSchedule(database, nightly)
    const following = new Date('2026-02-02T03:00:00Z')
    const taken = await Promise.all(Array.from({ length: 5 }, () => takeTurn(database, schedule, following, 1)))
    expect(taken.filter(Boolean)).toHaveLength(1)
    expect((await listSchedules(database, 'acme'))[0]?.nextAt).toEqual(following)
    const [run] = await listTrainings(database, 'acme', undefined, firstPage)
    expect(run).toMatchObject({ requestedBy: 'schedule', from: new Date('2026-01-02T03:00:00Z'), to: nightly.nextAt })
  })

  test('that is set back to a turn that was taken queues no second run of it', async () => {
    const schedule = await setSchedule(database, nightly)
    await takeTurn(database, schedule, new Date('2026-02-02T03:00:00Z'), 1)
    expect(await takeTurn(database, await setSchedule(database, nightly), new Date('2026-02-02T03:00:00Z'), 1)).toBe(false)
    expect(await listTrainings(database, 'acme', undefined, firstPage)).toHaveLength(1)
  })

  test('is its own tenant\'s, and gone when removed', async () => {
    await setSchedule(database, nightly)
    expect(await removeSchedule(database, 'globex', 'risk-ensemble')).toBe(false)
    expect(await dueSchedules(database, ['globex'], new Date('2027-01-01'), 10)).toEqual([])
    expect(await removeSchedule(database, 'acme', 'risk-ensemble')).toBe(true)
    expect(await listSchedules(database, 'acme')).toEqual([])
  })
})

describe('the scheduler', () => {
  const until = async (isSo: () => Promise<boolean> | boolean) => {
    while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 5))
  }

  test('takes turns that were missed as one, and goes on past a schedule that fails', async () => {
    await setSchedule(database, { ...nightly, tenantId: 'globex', cron: 'nonsense', nextAt: new Date('2026-01-01') })
    await setSchedule(database, nightly)
    const faults: string[] = []
    const turns: string[] = []
    const scheduler = startTrainingScheduler({
      database,
      tenants: () => tenants,
      intervalMs: 10,
      leaseMs: 60_000,
      nowMs: () => Date.parse('2026-02-05T10:00:00Z'),
      onTurn: ({ tenantId }) => turns.push(tenantId),
      onFault: (error) => faults.push(String(error)),
    })
    await until(() => turns.length > 0)
    await scheduler.stop()
    expect(turns).toEqual(['acme'])
    expect(faults[0]).toContain('5 parts')
    expect((await listSchedules(database, 'acme'))[0]?.nextAt).toEqual(new Date('2026-02-06T03:00:00Z'))
  })

  test('is one of all processes, and another takes over when it stops or falls silent', async () => {
    const worked: string[] = []
    const lead = (name: string, leaseMs: number) =>
      leadTask({ database, task: 'a-task', intervalMs: 10, leaseMs, work: async () => void worked.push(name), onFault: (error) => worked.push(String(error)) })
    const first = lead('first', 60_000)
    await until(() => worked.length > 0)
    const second = lead('second', 60_000)
    await until(() => worked.length > 5)
    expect(new Set(worked)).toEqual(new Set(['first']))
    expect(second.isLeader()).toBe(false)
    await first.stop()
    await until(() => worked.includes('second'))
    // As one that was killed: its lease runs out.
    await admin.query("update ml_scoring.leaders set holder = gen_random_uuid(), held_until = now() - interval '1 s'")
    await until(() => second.isLeader())
    await second.stop()
    expect(worked.filter((name) => name.startsWith('Error'))).toEqual([])
  })

  test('keeps the lead while a turn lasts longer than its lease, and ends the turn when the lead was taken', async () => {
    const ended: string[] = []
    const task = leadTask({
      ...{ database, task: 'long-task', intervalMs: 10, leaseMs: 100, onFault: (error) => ended.push(`fault ${String(error)}`) },
      work: (signal) => new Promise((_resolve, reject) => signal.addEventListener('abort', () => {
        ended.push(String(signal.reason))
        reject(signal.reason as Error)
      })),
    })
    await until(() => task.isLeader())
    const other = leadTask({ database, task: 'long-task', intervalMs: 10, leaseMs: 100, work: async () => void ended.push('taken over'), onFault: (error) => ended.push(String(error)) })
    await new Promise((resolve) => setTimeout(resolve, 400))
    expect([task.isLeader(), other.isLeader(), ended]).toEqual([true, false, []])
    await admin.query("update ml_scoring.leaders set holder = gen_random_uuid(), held_until = now() + interval '1 s' where task = 'long-task'")
    await until(() => ended.length > 0)
    expect(ended).toEqual(['Error: another process leads long-task by now'])
    await Promise.all([task.stop(), other.stop()])
  })
})
