import { describe, expect, test } from '@jest/globals'
import type { EventScored } from '@ott/contracts/event-scored'
import type { Received } from '@ott/pipeline/define-stage'
import fc from 'fast-check'
import { aScored } from '../test/scored-fixture.ts'
import { caseSettingsOf } from './cases/case-settings.ts'
import { caseActions, transitionOf, type CaseAction } from './cases/case-transitions.ts'
import { isClosed, isOngoing, type ViolationCase } from './cases/violation-case.ts'
import { judgeViolations, type GivenEvidence, type ViewerCase } from './judge-violations.ts'

const defaults = caseSettingsOf(undefined)
const windowMs = defaults.incidentWindowHours * 3_600_000

/** A viewer's tables, and what went out about it. */
function aViewer(settings = defaults) {
  let cases: ReadonlyMap<string, readonly ViolationCase[]> = new Map()
  const evidence = new Map<string, ReadonlyMap<string, GivenEvidence>>()
  const pieces: [string, string][] = []
  const published: string[] = []
  const changes: { id: string; change: string; version: number }[] = []
  const update = (id: string, parts: Partial<ViolationCase>) => {
    cases = new Map([...cases].map(([rule, of]) => [rule, of.map((one) => (one.id === id ? { ...one, ...parts } : one))]))
  }
  const all = () => [...cases.values()].flat().sort((a, b) => a.openedAtMs - b.openedAtMs || (a.id < b.id ? -1 : 1))
  return {
    published,
    pieces,
    changes,
    all,
    judge(received: Received<EventScored>) {
      const known: ViewerCase = { cases, evidence: evidence.get(received.id) ?? new Map<string, GivenEvidence>(), riskThreshold: 0.7, settings }
      const decision = judgeViolations(received, known)
      cases = decision.state?.cases ?? cases
      if (decision.state !== undefined && decision.state.evidence.size > 0) evidence.set(received.id, decision.state.evidence)
      const told = decision.emits.map((emit) => JSON.stringify([emit.id, emit.data]))
      published.push(...told)
      const rows = decision.rows.filter(({ table }) => table !== 'processed_events')
      for (const row of rows) {
        if (row.table === 'changes') changes.push({ id: row.change.violation.id, change: row.change.change, version: row.change.violation.version })
        if (row.table === 'evidence') pieces.push([received.id, row.violationId])
      }
      return { published: told, rows, changes: rows.flatMap((row) => (row.table === 'changes' ? [row.change.change] : [])) }
    },
    act(id: string, action: CaseAction, nowMs: number) {
      const found = all().find((one) => one.id === id)
      const moved = found && transitionOf(found.status, action)
      if (found === undefined || moved?.kind !== 'moved') return
      const version = found.version + 1
      const goesOnElsewhere = action === 'reopen' && all().some((one) => one.rule === found.rule && one.id !== id && (isOngoing(one) || one.openedAtMs >= found.openedAtMs))
      update(id, { status: moved.status, version, closedAtMs: isClosed(moved) ? nowMs : undefined, isIncidentEnded: found.isIncidentEnded || goesOnElsewhere })
      changes.push({ id, change: moved.change, version })
    },
    /** As the clock does. */
    endIncident(id: string) {
      const found = all().find((one) => one.id === id)
      if (found === undefined || !isOngoing(found)) return
      update(id, { isIncidentEnded: true, version: found.version + 1 })
      changes.push({ id, change: 'incident_ended', version: found.version + 1 })
    },
    /** A copy of everything but what was published. */
    state: () => structuredClone({ cases: all(), evidence, pieces, changes }),
  }
}

const startMs = Date.parse('2026-03-01T12:00:00Z')
const at = (afterMs: number) => new Date(startMs + afterMs).toISOString()
const breaking = (id: string, afterMs: number, rules = ['r1']) => aScored(id, { time: at(afterMs), rules })
const first = (viewer: ReturnType<typeof aViewer>) => viewer.all()[0]?.id ?? ''

describe('a violation', () => {
  test('opens with the first evidence, once per cause', () => {
    const viewer = aViewer()
    expect(viewer.judge(breaking('a', 0, ['r1', 'r2'])).published).toHaveLength(2)
    expect(viewer.all().map(({ rule, status, version }) => [rule, status, version]).sort()).toEqual([['r1', 'open', 1], ['r2', 'open', 1]])
  })

  test('lasts while evidence comes within the window: nothing more is told', () => {
    const viewer = aViewer()
    viewer.judge(breaking('a', 0))
    expect(viewer.judge(breaking('b', windowMs))).toMatchObject({ published: [], changes: [] })
    expect(viewer.all()).toMatchObject([{ lastEvidenceAtMs: startMs + windowMs, version: 1 }])
  })

  test('has ended after the window, and the next evidence opens another that names it', () => {
    const viewer = aViewer()
    viewer.judge(breaking('a', 0))
    const { published, changes, rows } = viewer.judge(breaking('b', windowMs + 1))
    expect([published.length, changes]).toEqual([1, ['incident_ended']])
    expect(rows).toContainEqual(expect.objectContaining({ table: 'violations', isNew: true, previousId: first(viewer) }))
    expect(viewer.all().map((one) => [isOngoing(one), one.version])).toEqual([[false, 2], [true, 1]])
  })

  test("ends by the tenant's own window", () => {
    const viewer = aViewer(caseSettingsOf({ incidentWindowHours: 1 }))
    viewer.judge(breaking('a', 0))
    viewer.judge(breaking('b', 3_600_000))
    viewer.judge(breaking('c', 2 * 3_600_000 + 1))
    expect(viewer.all()).toHaveLength(2)
  })

  test('is not shortened by evidence that comes late, which belongs to it all the same', () => {
    const viewer = aViewer()
    viewer.judge(breaking('a', 0))
    expect(viewer.judge(breaking('b', -3 * windowMs)).changes).toEqual([])
    expect(viewer.all()).toMatchObject([{ lastEvidenceAtMs: startMs }])
  })

  test('keeps evidence that comes late though another one goes on by then', () => {
    const viewer = aViewer()
    viewer.judge(breaking('a', 0))
    viewer.judge(breaking('b', 3 * windowMs))
    viewer.judge(breaking('late', 1_000))
    expect(viewer.pieces.at(-1)?.[1]).toBe(first(viewer))
    expect(viewer.all().map(isOngoing)).toEqual([false, true])
  })

  test('is opened by risk as well, named after what leads it', () => {
    const viewer = aViewer()
    viewer.judge(aScored('a', { factors: { signInFailures: 0.8 } }))
    expect(viewer.all()).toMatchObject([{ rule: 'risk.brute-force' }])
  })

  test('an event without a cause opens nothing and is processed', () => {
    const decision = judgeViolations(aScored('a'), { cases: new Map(), evidence: new Map(), riskThreshold: 0.7, settings: defaults })
    expect(decision).toMatchObject({ emits: [], rows: [{ table: 'processed_events' }] })
  })

  test('has its clocks counted from the receipt of what opened it', () => {
    const viewer = aViewer()
    viewer.judge(breaking('a', -windowMs))
    const receivedAtMs = Date.parse('2026-03-01T12:00:00Z')
    expect(viewer.all()).toMatchObject([{ clockFromMs: receivedAtMs, acknowledgeDueAtMs: receivedAtMs + 4 * 3_600_000, resolveDueAtMs: receivedAtMs + 72 * 3_600_000 }])
  })
})

describe('what was closed', () => {
  test('keeps evidence of before its close, and is neither prolonged nor changed by it', () => {
    const viewer = aViewer()
    viewer.judge(breaking('a', 0))
    viewer.act(first(viewer), 'resolve', startMs + 10_000)
    const before = viewer.all()
    expect(viewer.judge(aScored('late', { time: at(9_000), rules: ['r1'], severity: 'critical' }))).toMatchObject({ published: [], changes: [] })
    expect(viewer.pieces.at(-1)?.[1]).toBe(first(viewer))
    expect(viewer.all()).toEqual(before)
  })

  test('takes no evidence of after its close: that opens another', () => {
    const viewer = aViewer()
    viewer.judge(breaking('a', 0))
    viewer.act(first(viewer), 'false-positive', startMs + 10_000)
    expect(viewer.judge(breaking('b', 10_001)).published).toHaveLength(1)
    expect(viewer.all().map(({ status }) => status)).toEqual(['false_positive', 'open'])
  })

  test('goes on once it is reopened', () => {
    const viewer = aViewer()
    viewer.judge(breaking('a', 0))
    viewer.act(first(viewer), 'resolve', startMs + 10_000)
    viewer.act(first(viewer), 'reopen', startMs + 20_000)
    viewer.judge(breaking('b', 30_000))
    expect(viewer.all()).toMatchObject([{ lastEvidenceAtMs: startMs + 30_000, version: 3 }])
  })
})

describe('an incident that the clock ended', () => {
  test('resumes with evidence that comes within the window afterwards', () => {
    const viewer = aViewer()
    viewer.judge(breaking('a', 0))
    viewer.endIncident(first(viewer))
    expect(viewer.judge(breaking('b', 1_000)).changes).toEqual(['incident_resumed'])
    expect(viewer.all()).toMatchObject([{ version: 3, isIncidentEnded: false }])
  })

  test('stays ended by evidence of before its last: that says nothing of its going on', () => {
    const viewer = aViewer()
    viewer.judge(breaking('a', 0))
    viewer.endIncident(first(viewer))
    expect(viewer.judge(breaking('b', -1_000)).changes).toEqual([])
    expect(viewer.all()).toMatchObject([{ version: 2, isIncidentEnded: true }])
  })

  test('does not resume beside another one', () => {
    const viewer = aViewer()
    viewer.judge(breaking('a', 0))
    viewer.judge(breaking('b', 3 * windowMs))
    expect(viewer.judge(breaking('late', 1_000)).changes).toEqual([])
  })
})

describe('its severity', () => {
  const graver = (id: string, afterMs: number, severity: 'low' | 'medium' | 'critical') => aScored(id, { time: at(afterMs), rules: ['r1'], severity })

  test('rises with graver evidence, with its due times, and never sinks by itself', () => {
    const viewer = aViewer()
    viewer.judge(graver('a', 0, 'medium'))
    expect(viewer.judge(graver('b', 1, 'critical')).changes).toEqual(['severity_changed'])
    expect(viewer.judge(graver('c', 2, 'low')).changes).toEqual([])
    expect(viewer.all()).toMatchObject([{ severity: 'critical', version: 2, resolveDueAtMs: startMs + 24 * 3_600_000 }])
  })

  test('is told at its opening as it was then, whenever that is told again', () => {
    const viewer = aViewer()
    const { published } = viewer.judge(graver('a', 0, 'medium'))
    viewer.judge(graver('b', 1, 'critical'))
    expect(viewer.judge(graver('a', 0, 'medium')).published).toEqual(published)
  })

  test("is the tenant's own where it has said so", () => {
    const viewer = aViewer(caseSettingsOf({ severityOverrides: [{ regulation: 'test', severity: 'low' }] }))
    viewer.judge(graver('a', 0, 'critical'))
    expect(viewer.all()).toMatchObject([{ severity: 'low' }])
  })
})

describe('a replay', () => {
  test('of the event that opened a violation tells of it again with the same bytes and changes nothing', () => {
    const viewer = aViewer()
    const opening = viewer.judge(breaking('a', 0))
    viewer.judge(breaking('b', 1_000))
    const before = viewer.state()
    expect(viewer.judge(breaking('a', 0))).toEqual({ published: opening.published, rows: [], changes: [] })
    expect(viewer.state()).toEqual(before)
  })

  test('of any other event tells nothing and changes nothing', () => {
    const viewer = aViewer()
    viewer.judge(breaking('a', 0))
    viewer.judge(breaking('b', 1_000))
    const before = viewer.state()
    expect(viewer.judge(breaking('b', 1_000))).toEqual({ published: [], rows: [], changes: [] })
    expect(viewer.state()).toEqual(before)
  })

  test('of the opening event of a violation that has ended does not open it again', () => {
    const viewer = aViewer()
    viewer.judge(breaking('a', 0))
    viewer.judge(breaking('b', 2 * windowMs))
    const before = viewer.state()
    expect(viewer.judge(breaking('a', 0)).rows).toEqual([])
    expect(viewer.state()).toEqual(before)
  })
})

describe('over any sequence of events', () => {
  const steps = fc.integer({ min: 0, max: 20 }).map((quarter) => quarter * (windowMs / 4))
  const event = fc.record({
    id: fc.integer({ min: 0, max: 30 }),
    afterMs: steps,
    rules: fc.subarray(['r1', 'r2', 'r3']),
    severity: fc.constantFrom('low' as const, 'high' as const, 'critical' as const),
    failures: fc.constantFrom(0, 0.5, 0.9),
  })
  const sequence = fc.uniqueArray(event, { selector: ({ id }) => id, maxLength: 25 })
  type Event = typeof event extends fc.Arbitrary<infer One> ? One : never
  const received = ({ id, afterMs, rules, severity, failures }: Event) => aScored(`e-${id}`, { time: at(afterMs), rules, severity, factors: { signInFailures: failures } })

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

  const act = fc.record({ which: fc.nat(), afterMs: steps, action: fc.constantFrom(...caseActions, 'end' as const) })
  const happening = fc.array(fc.oneof({ arbitrary: event, weight: 3 }, { arbitrary: act, weight: 2 }), { maxLength: 40 })

  test('and of what people and clocks do, one case of a cause goes on at most, versions count up one by one, and every piece of evidence has one case', () => {
    fc.assert(
      fc.property(happening, (happenings) => {
        const viewer = aViewer()
        for (const [place, one] of happenings.entries()) {
          const known = viewer.all()
          if ('id' in one) viewer.judge(received({ ...one, id: place }))
          else if (known.length > 0) {
            const id = known[one.which % known.length]?.id ?? ''
            if (one.action === 'end') viewer.endIncident(id)
            else viewer.act(id, one.action, startMs + one.afterMs)
          }
          const ongoing = viewer.all().filter(isOngoing).map(({ rule }) => rule)
          expect(new Set(ongoing).size).toBe(ongoing.length)
        }
        for (const { id, version } of viewer.all()) {
          expect(viewer.changes.filter((change) => change.id === id).map((change) => change.version)).toEqual(Array.from({ length: version - 1 }, (_, n) => n + 2))
        }
        expect(viewer.published).toHaveLength(viewer.all().length)
        expect(new Set(viewer.all().map(({ id }) => id)).size).toBe(viewer.all().length)
        expect(viewer.pieces.every(([, id]) => viewer.all().some((one) => one.id === id))).toBe(true)
      }),
      { numRuns: 300 },
    )
  })

  test('one rule in one tenant has ids of its own: the same event of another tenant opens another violation', () => {
    const [acme, globex] = [aViewer(), aViewer()]
    acme.judge(aScored('a', { rules: ['r1'] }))
    globex.judge(aScored('a', { rules: ['r1'], tenantId: 'globex' }))
    expect(first(acme)).not.toEqual(first(globex))
  })
})
