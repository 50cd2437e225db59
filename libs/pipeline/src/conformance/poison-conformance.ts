import { describe, expect, test } from '@jest/globals'
import { deadLetterHeaders } from '../dead-letter.ts'
import { StageFailedError } from '../errors.ts'
import type { OutboundRecord } from '../record.ts'
import type { ConformanceOptions } from './conformance-bus.ts'
import { expectExact, withoutRepeats } from './published-events.ts'
import { arriving, leaving, rounds, sampleEvent } from './sample-events.ts'
import { deadLetterTopic, inWorld } from './world.ts'

interface Poison {
  readonly name: string
  readonly record: OutboundRecord
  readonly reason: string
  readonly detail: RegExp
}

const headers = { traceparent: `00-${'c'.repeat(32)}-${'d'.repeat(16)}-01`, 'x-sent-by': 'a producer' }
const broken = (value: OutboundRecord['value']): OutboundRecord => ({ topic: arriving.topic, key: 'acme:viewer-1', headers, value })
const marked = (mark: string) => ({ ...sampleEvent('viewer-1', 999, { mark }), headers })

const poisons: Poison[] = [
  { name: 'bytes that are no JSON', record: broken('{"data": '), reason: 'malformed', detail: /is not JSON/ },
  { name: 'bytes that are no text', record: broken(Buffer.from([0xff, 0x00, 0xfe, 0x80])), reason: 'malformed', detail: /is not JSON/ },
  { name: 'no bytes at all', record: broken(null), reason: 'malformed', detail: /is empty/ },
  { name: 'an event that breaks its contract', record: broken('{"specversion":"1.0"}'), reason: 'breaks_contract', detail: /subject:/ },
  { name: 'an event that is refused by the decision', record: marked('refused'), reason: 'refused_by_rule', detail: /data\.mark/ },
  { name: 'an event whose row cannot be stored', record: marked('unstorable'), reason: 'unstorable', detail: /data\.mark/ },
]

/** Invariant 4, first half: one bad event goes to the dead letters as it came, and its neighbours proceed. */
export function describePoison(options: ConformanceOptions): void {
  describe('one bad event in the middle of a batch', () => {
    test.each(poisons)('$name: becomes a dead letter as it came, and its neighbours proceed in order', ({ record, reason, detail }) =>
      inWorld(options, 1, async (world) => {
        await world.publish([...rounds(3, 1, 10), record, ...rounds(3, 11, 20)])
        const process = await world.startNumbering()
        await world.settled('numbering')
        const { events, repeats } = withoutRepeats(await world.read(leaving.topic))
        expectExact(events, 3, 20)
        expect(repeats).toBe(0)
        expect(world.store.rows.size).toBe(60)
        const letters = await world.read(deadLetterTopic)
        expect(letters.length).toBe(1)
        const [letter] = letters
        expect(letter?.value).toEqual(record.value === null ? null : Buffer.from(record.value))
        expect(letter?.key).toBe(record.key)
        expect(letter?.headers).toMatchObject({
          ...record.headers,
          [deadLetterHeaders.reason]: reason,
          [deadLetterHeaders.detail]: expect.stringMatching(detail),
          [deadLetterHeaders.stage]: 'compliance',
          [deadLetterHeaders.at]: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
          [deadLetterHeaders.topic]: arriving.topic,
          [deadLetterHeaders.partition]: '0',
          [deadLetterHeaders.offset]: '30',
          [deadLetterHeaders.attempts]: '1',
        })
        expect(process.fatal).toEqual([])
      }),
    )

    test('many of every kind, all over several partitions: each is given up once and none of the others is', () =>
      inWorld(options, 3, async (world) => {
        const bad = [
          ...poisons.slice(0, 4).flatMap(({ record }) => Array.from({ length: 5 }, () => record)),
          ...['refused', 'unstorable'].flatMap((mark) =>
            Array.from({ length: 5 }, (_, n) => sampleEvent('viewer-1', 999, { mark, id: `${mark}-${n}` })),
          ),
        ]
        const good = rounds(10, 1, 30)
        await world.publish(good.flatMap((event, index) => [event, ...(index % 10 === 0 ? bad.slice(index / 10, index / 10 + 1) : [])]))
        await world.startNumbering()
        await world.settled('numbering')
        expectExact(withoutRepeats(await world.read(leaving.topic)).events, 10, 30)
        expect((await world.read(deadLetterTopic)).length).toBe(30)
        expect(world.store.rows.size).toBe(300)
      }),
    )

    test('an event without a key that can be read keeps having none as a dead letter', () =>
      inWorld(options, 1, async (world) => {
        await world.publish([{ ...broken('[]'), key: null }])
        await world.startNumbering()
        await world.settled('numbering')
        expect((await world.read(deadLetterTopic)).map(({ key }) => key)).toEqual([null])
      }),
    )
  })

  describe('an event that makes a decision fail for a reason nobody foresaw', () => {
    for (const kind of ['numbering', 'remembering'] as const) {
      test(`ends the process, after its neighbours before it were done, and is there for the mended one (${kind})`, () =>
        inWorld(options, 1, async (world) => {
          const start = kind === 'numbering' ? world.startNumbering : world.startRemembering
          await world.publish([...rounds(1, 1, 10), sampleEvent('viewer-0', 11, { mark: 'bug' }), ...rounds(1, 12, 20)])
          const faulty = await start({ hasBug: true, snapshotIntervalMs: 60_000 })
          expect(await faulty.failed).toBeInstanceOf(StageFailedError)
          // A process that is to end may live on for a while: it must not come to skip the event then.
          await new Promise((resolve) => setTimeout(resolve, 60))
          expectExact(withoutRepeats(await world.read(leaving.topic)).events, 1, 10)
          expect(faulty.running.isReady()).toBe(false)
          expect(await world.bus.lag(kind, [arriving.topic])).toBe(10n)
          expect(await world.read(deadLetterTopic)).toEqual([])
          await faulty.running.stop()
          expect(await world.bus.lag(kind, [arriving.topic])).toBe(10n)
          await start({ snapshotIntervalMs: 30 })
          await world.settled(kind)
          expectExact(withoutRepeats(await world.read(leaving.topic)).events, 1, 20)
        }),
      )
    }
  })
}
