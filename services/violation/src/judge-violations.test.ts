import { describe, expect, test } from '@jest/globals'
import type { EventScored } from '@ott/contracts/event-scored'
import type { Received } from '@ott/pipeline/define-stage'
import fc from 'fast-check'
import { aScored } from '../test/scored-fixture.ts'
import { judgeViolations, quietMs, type OpenViolation, type ViewerCase } from './judge-violations.ts'

/** A viewer's tables, and what went out about it. */
function aViewer() {
  let open: ReadonlyMap<string, OpenViolation> = new Map()
  const evidence = new Map<string, ReadonlyMap<string, string>>()
  const published: string[] = []
  const opened: string[] = []
  const lapsed: string[] = []
  return {
    published,
    opened,
    lapsed,
    open: () => open,
    judge(received: Received<EventScored>) {
      const known: ViewerCase = { open, evidence: evidence.get(received.id) ?? new Map(), riskThreshold: 0.7 }
      const decision = judgeViolations(received, known)
      open = decision.state?.open ?? open
      if (decision.state !== undefined && decision.state.evidence.size > 0) evidence.set(received.id, decision.state.evidence)
      const told = decision.emits.map((emit) => JSON.stringify([emit.id, emit.data]))
      published.push(...told)
      for (const row of decision.rows) {
        if (row.table === 'violations' && row.change === 'open') opened.push(row.id)
        if (row.table === 'violations' && row.change === 'lapse') lapsed.push(row.id)
      }
      return { published: told, rows: decision.rows.filter(({ table }) => table !== 'processed_events') }
    },
    /** A copy of everything but what was published. */
    state: () => structuredClone({ open, evidence, opened, lapsed }),
  }
}

const startMs = Date.parse('2026-03-01T12:00:00Z')
const at = (afterMs: number) => new Date(startMs + afterMs).toISOString()
const breaking = (id: string, afterMs: number, rules = ['r1']) => aScored(id, { time: at(afterMs), rules })

describe('a violation', () => {
  test('opens with the first evidence, once per cause', () => {
    const viewer = aViewer()
    expect(viewer.judge(breaking('a', 0, ['r1', 'r2'])).published).toHaveLength(2)
    expect([...viewer.open().keys()]).toEqual(['r1', 'r2'])
  })

  test('lasts while evidence comes within the quiet time: nothing more is told', () => {
    const viewer = aViewer()
    viewer.judge(breaking('a', 0))
    const { published, rows } = viewer.judge(breaking('b', quietMs))
    expect(published).toEqual([])
    expect(rows.map((row) => ('change' in row ? row.change : row.table))).toEqual(['prolong', 'evidence'])
    expect(viewer.open().get('r1')?.lastEvidenceAtMs).toBe(startMs + quietMs)
  })

  test('lapses after the quiet time, and the next evidence opens another', () => {
    const viewer = aViewer()
    viewer.judge(breaking('a', 0))
    const { published, rows } = viewer.judge(breaking('b', quietMs + 1))
    expect(rows.map((row) => ('change' in row ? row.change : row.table))).toEqual(['lapse', 'open', 'evidence'])
    expect([published.length, viewer.opened.length, viewer.open().size]).toEqual([1, 2, 1])
  })

  test('is not shortened by evidence that comes late, which belongs to it all the same', () => {
    const viewer = aViewer()
    viewer.judge(breaking('a', 0))
    const { rows } = viewer.judge(breaking('b', -3 * quietMs))
    expect(rows.map((row) => ('change' in row ? row.change : row.table))).toEqual(['prolong', 'evidence'])
    expect(viewer.open().get('r1')?.lastEvidenceAtMs).toBe(startMs)
  })

  test('is opened by risk as well, named after what leads it', () => {
    const viewer = aViewer()
    viewer.judge(aScored('a', { factors: { signInFailures: 0.8 } }))
    expect([...viewer.open().keys()]).toEqual(['risk.brute-force'])
  })

  test('an event without a cause opens nothing and is processed', () => {
    const decision = judgeViolations(aScored('a'), { open: new Map(), evidence: new Map(), riskThreshold: 0.7 })
    expect(decision).toMatchObject({ emits: [], rows: [{ table: 'processed_events' }] })
  })
})

describe('a replay', () => {
  test('of the event that opened a violation tells of it again with the same bytes and changes nothing', () => {
    const viewer = aViewer()
    const first = viewer.judge(breaking('a', 0))
    viewer.judge(breaking('b', 1_000))
    const before = viewer.state()
    const again = viewer.judge(breaking('a', 0))
    expect(again).toEqual({ published: first.published, rows: [] })
    expect(viewer.state()).toEqual(before)
  })

  test('of any other event tells nothing and changes nothing', () => {
    const viewer = aViewer()
    viewer.judge(breaking('a', 0))
    viewer.judge(breaking('b', 1_000))
    const before = viewer.state()
    expect(viewer.judge(breaking('b', 1_000))).toEqual({ published: [], rows: [] })
    expect(viewer.state()).toEqual(before)
  })

  test('of the opening event of a violation that has lapsed does not open it again', () => {
    const viewer = aViewer()
    viewer.judge(breaking('a', 0))
    viewer.judge(breaking('b', 2 * quietMs))
    const before = viewer.state()
    expect(viewer.judge(breaking('a', 0)).rows).toEqual([])
    expect(viewer.state()).toEqual(before)
  })
})

describe('over any sequence of events', () => {
  const event = fc.record({
    id: fc.integer({ min: 0, max: 30 }),
    afterMs: fc.integer({ min: 0, max: 20 }).map((steps) => steps * (quietMs / 4)),
    rules: fc.subarray(['r1', 'r2', 'r3']),
    failures: fc.constantFrom(0, 0.5, 0.9),
  })
  const sequence = fc.uniqueArray(event, { selector: ({ id }) => id, maxLength: 25 })
  const received = ({ id, afterMs, rules, failures }: { id: number; afterMs: number; rules: string[]; failures: number }) =>
    aScored(`e-${id}`, { time: at(afterMs), rules, factors: { signInFailures: failures } })

  test('replays anywhere after their event leave the same state, and tell nothing that was not told before', () => {
    fc.assert(
      fc.property(sequence, fc.array(fc.tuple(fc.nat(), fc.nat()), { maxLength: 40 }), (events, replays) => {
        const once = aViewer()
        for (const one of events) once.judge(received(one))
        const withReplays = aViewer()
        for (const [index, one] of events.entries()) {
          withReplays.judge(received(one))
          for (const [after, which] of replays) {
            const again = events[which % (index + 1)]
            if (after % events.length === index && again !== undefined) withReplays.judge(received(again))
          }
        }
        expect(withReplays.state()).toEqual(once.state())
        expect(new Set(withReplays.published)).toEqual(new Set(once.published))
      }),
    )
  })

  test('at most one violation of a cause is open, each was told once, and each that ended was open before', () => {
    fc.assert(
      fc.property(sequence, (events) => {
        const viewer = aViewer()
        for (const one of events) viewer.judge(received(one))
        expect(viewer.published).toHaveLength(viewer.opened.length)
        expect(new Set(viewer.opened).size).toBe(viewer.opened.length)
        expect(viewer.opened.filter((id) => !viewer.lapsed.includes(id)).sort()).toEqual([...viewer.open().values()].map(({ id }) => id).sort())
      }),
    )
  })

  test('one rule in one tenant has ids of its own: the same event of another tenant opens another violation', () => {
    const [acme, globex] = [aViewer(), aViewer()]
    acme.judge(aScored('a', { rules: ['r1'] }))
    globex.judge(aScored('a', { rules: ['r1'], tenantId: 'globex' }))
    expect(acme.opened).not.toEqual(globex.opened)
  })
})
