import { createKafkaBus } from '@ott/kafka/kafka-bus'
import { openDatabase } from '@ott/postgres/database'

/**
 * One bare hop of the ceiling, as a process of its own: it parses and serialises each record and passes it on, or, at
 * the end, inserts it in bulk. Nothing is checked, judged or remembered.
 */
const { BROKERS = '', FROM = '', TO = '', GROUP = '', DATABASE_URL = '' } = process.env
const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined }
const bus = await createKafkaBus({ brokers: BROKERS.split(','), clientId: GROUP, topicPrefix: '', log: quiet })
const database = TO === '' ? openDatabase({ url: DATABASE_URL, poolMax: 6, applicationName: GROUP }) : undefined

const subscription = await bus.subscribe({
  group: GROUP,
  topics: [FROM],
  concurrency: 3,
  pace: 'batch',
  from: 'earliest',
  onFatal: (error) => {
    process.stderr.write(`${error.message}\n`)
    process.exit(1)
  },
  async onBatch({ topic, partition, records }, control) {
    const values = records.map(({ value }) => JSON.stringify(JSON.parse(value?.toString() ?? 'null')))
    if (database === undefined) {
      await bus.publish(records.map(({ key, headers }, index) => ({ topic: TO, key, headers, value: values[index] ?? null })))
    } else {
      await database.transaction([], (sql) =>
        sql.query('insert into ceiling.events (partition, record_offset, event) select * from unnest($1::int[], $2::bigint[], $3::text[]) on conflict do nothing', [
          records.map(({ partition }) => partition),
          records.map(({ offset }) => String(offset)),
          values,
        ]),
      )
    }
    const last = records.at(-1)
    if (last === undefined) return
    control.advance(last.offset + 1n)
    await subscription.commit(topic, partition, last.offset + 1n)
  },
})
process.once('disconnect', () => process.exit(0))
process.send?.('joined')
