import { expect, test } from '@jest/globals'
import { checkViewerEvent } from '@ott/contracts/viewer-event'
import type { OutboundRecord } from '@ott/pipeline/record'
import { compileRuleSet } from '@ott/regulations/compile-rule-set'
import { evaluate } from '@ott/regulations/evaluate'
import { loadPacks } from '@ott/regulations/load-packs'
import type { Anomaly } from './anomaly-course.ts'
import { anomalyEventId, anomalyRecord } from './anomaly-event.ts'
import { newWatch, watchHour } from './watch-hour.ts'

const start = Math.floor(Date.parse('2026-01-05T00:00:00Z') / 3_600_000)
const rules = compileRuleSet(await loadPacks())
const eventOf = ({ value }: OutboundRecord) => JSON.parse(String(value)) as { id: string; type: string; subject: string; time: string; data: Record<string, unknown> }

/** The first anomaly of counts that follow four weeks of 50 to 59. */
function anomalyOf(counts: readonly number[]): Anomaly | undefined {
  let state = newWatch(start - 1)
  const quiet = Array.from({ length: 672 }, (_, hour) => 50 + ((hour * 7) % 10))
  for (const [index, count] of [...quiet, ...counts].entries()) {
    const step = watchHour(state, start + index, count)
    state = step.state
    if (step.opened !== undefined) return step.opened
  }
  return undefined
}

test.each([
  ['ten times the sign-in failures', [540, 560, 550], 'above'],
  ['a stream of events that stops', [0, 0, 0, 0], 'below'],
])('%s are an event by its contract, and a finding by the rules as they ship', (_, counts, direction) => {
  const opened = anomalyOf(counts)!
  const event = { ...eventOf(anomalyRecord('acme', 'sign-in-failures:country:de', opened)), tenantid: 'acme' }
  expect(checkViewerEvent(event, Date.parse('2026-02-02T04:00:00Z'))).toMatchObject({ ok: true })
  const findings = evaluate(event, rules)
  expect(findings.map(({ rule }) => rule)).toEqual(['operations.series-anomaly'])
  expect(findings[0]!.message).toContain(`The series sign-in-failures:country:de is ${direction} what is usual since 2026-02-02T00:00:00.000Z`)
})

test('its id is of tenant, series and first hour alone', () => {
  const opened = anomalyOf([540, 560])!
  const id = (tenantId: string, series: string, anomaly: Anomaly) => eventOf(anomalyRecord(tenantId, series, anomaly)).id
  const later: Anomaly = { ...opened, lastHour: opened.lastHour + 5, peak: { ...opened.peak, count: 999 } }
  expect(id('acme', 'events:all', later)).toBe(id('acme', 'events:all', opened))
  expect(anomalyEventId('acme', 'events:all', opened.startHour)).toBe(id('acme', 'events:all', opened))
  const others = [id('globex', 'events:all', opened), id('acme', 'accesses:all', opened), id('acme', 'events:all', { ...opened, startHour: opened.startHour - 1 })]
  expect(new Set([...others, id('acme', 'events:all', opened)]).size).toBe(4)
})
