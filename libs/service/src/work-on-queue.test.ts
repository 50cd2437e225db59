import { expect, test } from '@jest/globals'
import { workOnQueue } from './work-on-queue.ts'

function until(isSo: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const timer = setInterval(() => {
      if (!isSo()) return
      clearInterval(timer)
      resolve()
    }, 2)
  })
}

test('jobs are worked on in turn, never more at once than allowed, and a free place takes the next without waiting for the interval', async () => {
  const queue = [1, 2, 3, 4, 5]
  const done: number[] = []
  let atOnce = 0
  let atOnceMost = 0
  const worker = workOnQueue({
    claim: async () => queue.shift(),
    async work(job) {
      atOnce += 1
      atOnceMost = Math.max(atOnceMost, atOnce)
      await new Promise((resolve) => setTimeout(resolve, 5))
      atOnce -= 1
      done.push(job)
    },
    atOnce: 2,
    intervalMs: 3_600_000,
    onFault: () => undefined,
  })
  await until(() => done.length === 5)
  await worker.stop()
  expect([done.toSorted(), atOnceMost]).toEqual([[1, 2, 3, 4, 5], 2])
})

test('a fault of a claim or of a job is told, and the work goes on', async () => {
  const faults: unknown[] = []
  const jobs: (() => Promise<number | undefined>)[] = [() => Promise.reject(new Error('away')), async () => 1, async () => 2]
  const done: number[] = []
  const worker = workOnQueue({
    claim: async () => jobs.shift()?.(),
    async work(job) {
      if (job === 1) throw new Error('broken')
      done.push(job)
    },
    atOnce: 1,
    intervalMs: 5,
    onFault: (error) => faults.push(String(error)),
  })
  await until(() => done.length === 1)
  await worker.stop()
  expect(faults).toEqual(['Error: away', 'Error: broken'])
})

test('stopping tells the work in hand, waits for it, and takes no more', async () => {
  let claims = 0
  let isTold = false
  const worker = workOnQueue({
    claim: async () => ++claims,
    work: (_job, signal) => new Promise<void>((resolve) => signal.addEventListener('abort', () => setTimeout(() => ((isTold = true), resolve()), 5))),
    atOnce: 1,
    intervalMs: 5,
    onFault: () => undefined,
  })
  await until(() => claims === 1)
  await worker.stop()
  expect([isTold, claims]).toEqual([true, 1])
})
