import { fork } from 'node:child_process'
import { once } from 'node:events'
import type { Bus } from '@ott/pipeline/bus'
import type { OutboundRecord } from '@ott/pipeline/record'
import pg from 'pg'
import { publishAll, untilCount } from './load.ts'

/** Measures the bare ceiling: the pipeline's four hops in four processes that only parse, serialise and pass on. */
export async function measureCeiling(options: {
  bus: Bus
  brokers: readonly string[]
  adminUrl: string
  partitions: number
  records: (topic: string) => Iterable<OutboundRecord>
  count: number
  round: number
  onProgress: (done: number) => void
}): Promise<number> {
  const { bus, brokers, adminUrl, partitions, round } = options
  const topics = [0, 1, 2, 3].map((hop) => `ceiling.${round}.${hop}`)
  await bus.createTopics(topics.map((name) => ({ name, compacted: false, retentionMs: 3_600_000 })), partitions)
  const client = new pg.Client({ connectionString: adminUrl })
  await client.connect()
  await client.query(`drop schema if exists ceiling cascade; create schema ceiling;
    create table ceiling.events (partition int, record_offset bigint, event text, primary key (partition, record_offset))`)
  const hops = topics.map((from, hop) =>
    fork(new URL('./hop.ts', import.meta.url), {
      execArgv: ['--disable-warning=TimeoutNegativeWarning'],
      env: { ...process.env, BROKERS: brokers.join(','), FROM: from, TO: topics[hop + 1] ?? '', GROUP: `ceiling.${round}.${hop}`, DATABASE_URL: adminUrl },
    }),
  )
  try {
    await Promise.all(hops.map((hop) => once(hop, 'message')))
    const startedAtMs = performance.now()
    await publishAll(bus, options.records(topics[0] ?? ''))
    await untilCount(client, 'select count(*) from ceiling.events', options.count, options.onProgress)
    return options.count / ((performance.now() - startedAtMs) / 1_000)
  } finally {
    for (const hop of hops) hop.kill('SIGKILL')
    await client.query('drop schema ceiling cascade')
    await client.end()
  }
}
