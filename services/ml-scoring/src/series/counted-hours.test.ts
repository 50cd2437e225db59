import { expect, test } from '@jest/globals'
import type { Bus } from '@ott/pipeline/bus'
import fc from 'fast-check'
import { followCounting } from './counted-hours.ts'

const partitions = 2
const tenants = ['acme', 'globex'] as const
type Tenant = (typeof tenants)[number]

interface Sent {
  readonly tenant: Tenant
  /** The last hour that was due when it was sent. */
  readonly after: number
}

interface Topic {
  readonly appended: bigint[]
  readonly committed: bigint[]
  /** By partition. */
  readonly records: Sent[][]
}

/** A pipeline as the broker sees it: a topic for each tenant to come in by, and two stages that all share. */
function aPipeline() {
  const aTopic = (): Topic => ({ appended: Array<bigint>(partitions).fill(0n), committed: Array<bigint>(partitions).fill(0n), records: Array.from({ length: partitions }, () => []) })
  const topics: Record<string, Topic> = { 'in.acme': aTopic(), 'in.globex': aTopic(), accepted: aTopic(), assessed: aTopic() }
  const append = (topic: string, partition: number, sent: Sent) => {
    const { appended, records } = topics[topic]!
    appended[partition]! += 1n
    records[partition]!.push(sent)
  }
  const pass = (from: string, partition: number, to?: string) => {
    const { appended, committed, records } = topics[from]!
    if (committed[partition]! >= appended[partition]!) return
    const sent = records[partition]![Number(committed[partition]!)]!
    if (to === undefined) uncounted.delete(sent)
    else append(to, partition, sent)
    committed[partition]! += 1n
  }
  const uncounted = new Set<Sent>()
  const bus: Pick<Bus, 'endOffsets' | 'lagByPartition'> = {
    endOffsets: async (topic) => [...topics[topic]!.appended],
    lagByPartition: async (_group, [topic = '']) => topics[topic]!.appended.map((end, partition) => ({ topic, partition, records: end - topics[topic]!.committed[partition]! })),
  }
  return {
    uncounted,
    follow: (tenantsAtOnce = 200) =>
      followCounting({
        ...{ bus, tenantsAtOnce, entry: { group: 'entering', topicOf: (tenantId) => `in.${tenantId}` } },
        passages: [{ group: 'assessing', topic: 'accepted' }, { group: 'counting', topic: 'assessed' }],
        onFault: (error) => {
          throw error
        },
      }),
    send(partition: number, tenant: Tenant = 'acme', after = -1) {
      const sent = { tenant, after }
      append(`in.${tenant}`, partition, sent)
      uncounted.add(sent)
    },
    enter: (partition: number, tenant: Tenant = 'acme') => pass(`in.${tenant}`, partition, 'accepted'),
    assess: (partition: number) => pass('accepted', partition, 'assessed'),
    count: (partition: number) => pass('assessed', partition),
  }
}

test('where nothing waits, an hour is counted as soon as it is due', async () => {
  expect([...(await aPipeline().follow().look(7, tenants))]).toEqual([['acme', 7], ['globex', 7]])
})

test('an event that waits anywhere holds its hour up, and no longer; one that came after the hour was due does not', async () => {
  const pipeline = aPipeline()
  const hours = pipeline.follow()
  const look = async (hour: number) => (await hours.look(hour, ['acme'])).get('acme')
  pipeline.send(0)
  expect(await look(7)).toBeUndefined()
  pipeline.send(1)
  pipeline.enter(0)
  expect(await look(7)).toBeUndefined()
  pipeline.assess(0)
  expect(await look(7)).toBeUndefined()
  pipeline.count(0)
  expect(await look(7)).toBe(7)
  // The one that came later belongs to the next hour.
  expect(await look(8)).toBe(7)
  for (const step of ['enter', 'assess', 'count'] as const) pipeline[step](1)
  expect(await look(8)).toBe(8)
})

test("a tenant whose events don't come in holds up no other, nor does one whose topic can't be asked about", async () => {
  const pipeline = aPipeline()
  pipeline.send(0, 'acme')
  const hours = pipeline.follow()
  expect([...(await hours.look(7, tenants))]).toEqual([['globex', 7]])
  const faults: unknown[] = []
  const others = followCounting({
    bus: {
      endOffsets: async (topic) => {
        if (topic === 'gone') throw new Error('there is no such topic')
        return [0n]
      },
      lagByPartition: async () => [],
    },
    ...{ entry: { group: 'entering', topicOf: (tenantId) => (tenantId === 'acme' ? 'gone' : 'in') }, passages: [{ group: 'counting', topic: 'assessed' }], onFault: (error) => faults.push(error) },
  })
  expect([...(await others.look(7, tenants))]).toEqual([['globex', 7]])
  expect(faults).toHaveLength(1)
})

test('stages that are behind all the time hold nothing up for good', async () => {
  const pipeline = aPipeline()
  const hours = pipeline.follow()
  let latest: number | undefined
  for (let hour = 0; hour < 30; hour += 1) {
    pipeline.send(0)
    pipeline.send(0)
    for (const [step, behind] of [['enter', 0], ['assess', 1], ['count', 2]] as const) for (let n = hour > behind ? 0 : 1; n < 2; n += 1) pipeline[step](0)
    latest = (await hours.look(hour, ['acme'])).get('acme')
  }
  expect(latest).toBeGreaterThan(20)
})

test('more tenants than are looked at at once have their turn one after the other', async () => {
  const hours = aPipeline().follow(1)
  expect((await hours.look(7, tenants)).size).toBe(1)
  expect((await hours.look(7, tenants)).size).toBe(2)
})

test('however events and stages alternate, an hour is told only when all that had come by when it was first due is counted', async () => {
  const step = fc.record({
    kind: fc.constantFrom('send' as const, 'enter' as const, 'assess' as const, 'count' as const, 'look' as const, 'hour' as const),
    ...{ partition: fc.nat(partitions - 1), tenant: fc.constantFrom(...tenants) },
  })
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 30, maxLength: 100 }), fc.constantFrom(1, 200), async (steps, tenantsAtOnce) => {
      const pipeline = aPipeline()
      const hours = pipeline.follow(tenantsAtOnce)
      let lastHour = 0
      for (const { kind, partition, tenant } of steps) {
        if (kind === 'hour') lastHour += 1
        else if (kind === 'look') {
          const told = await hours.look(lastHour, tenants)
          for (const { tenant: of, after } of pipeline.uncounted) expect(told.get(of) ?? -1).toBeLessThanOrEqual(after)
        } else if (kind === 'send') pipeline.send(partition, tenant, lastHour)
        else pipeline[kind](partition, tenant)
      }
      for (let n = 0; n < 400; n += 1) for (const tenant of tenants) for (const kind of ['enter', 'assess', 'count'] as const) pipeline[kind](n % partitions, tenant)
      for (let n = 0; n < 5; n += 1) await hours.look(lastHour, tenants)
      expect([...(await hours.look(lastHour, tenants)).values()]).toEqual([lastHour, lastHour])
    }),
    { numRuns: 500 },
  )
})
