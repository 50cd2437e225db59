import { expect, test } from '@jest/globals'
import type { BatchReport } from '@ott/pipeline/stage-observer'
import type { Logger } from './logger.ts'
import { createRegistry, type Registry } from './metrics.ts'
import { observeStage } from './stage-telemetry.ts'

function watch() {
  const registry = createRegistry('shelf')
  const logged: object[] = []
  const log = { warn: (fields: object, message: string) => void logged.push({ ...fields, message }) } as unknown as Logger
  return { registry, logged, observer: observeStage(registry, log) }
}

const report: BatchReport = {
  stage: 'compliance',
  topic: 'events.accepted.v1',
  partition: 3,
  records: 6,
  bytes: 600,
  durationMs: 4,
  eventDurationsMs: [1, 2, 30, 4_000],
  eventAgesMs: [5, 6, 70, 9_000],
  outcomes: new Map([
    ['acme emitted ', 3],
    ['acme dead_lettered breaks_contract', 1],
    ['globex emitted ', 1],
    ['globex filtered ignored_type', 1],
  ]),
}

async function linesOf(registry: Registry): Promise<string[]> {
  return (await registry.metrics()).split('\n').filter((line) => line.startsWith('ott_'))
}

test('each outcome is counted by stage, tenant and reason', async () => {
  const { registry, observer } = watch()
  observer.batchDone(report)
  observer.batchDone(report)
  const lines = await linesOf(registry)
  expect(lines).toEqual(
    expect.arrayContaining([
      'ott_stage_events_total{stage="compliance",tenant="acme",outcome="emitted",reason="",service="shelf"} 6',
      'ott_stage_events_total{stage="compliance",tenant="acme",outcome="dead_lettered",reason="breaks_contract",service="shelf"} 2',
      'ott_stage_events_total{stage="compliance",tenant="globex",outcome="filtered",reason="ignored_type",service="shelf"} 2',
      'ott_tenant_events_processed{stage="compliance",tenant="acme",service="shelf"} 6',
      'ott_tenant_events_processed{stage="compliance",tenant="globex",service="shelf"} 2',
    ]),
  )
})

test('times are counted by batch and by event', async () => {
  const { registry, observer } = watch()
  observer.batchDone(report)
  const lines = await linesOf(registry)
  expect(lines).toContain('ott_stage_batch_duration_ms_count{service="shelf",stage="compliance"} 1')
  expect(lines).toContain('ott_stage_event_duration_ms_count{service="shelf",stage="compliance"} 4')
  expect(lines).toContain('ott_stage_event_duration_ms_bucket{le="2",service="shelf",stage="compliance"} 2')
  expect(lines).toContain('ott_event_age_ms_bucket{le="5",service="shelf",stage="compliance"} 1')
  expect(lines).toContain('ott_event_age_ms_sum{service="shelf",stage="compliance"} 9081')
})

test('dead letters and faults are logged with where and why; faults are counted by what was being done', async () => {
  const { registry, logged, observer } = watch()
  observer.deadLettered({
    stage: 'ingest',
    tenantId: 'acme',
    coordinates: 'events.inbound.acme.v1/0/7',
    reason: 'malformed',
    detail: 'time: is wrong',
  })
  observer.transientFault({ stage: 'ingest', doing: 'publish', attempt: 2, error: new Error('broker away') })
  observer.inFlightBytes('ingest', 1_234)
  expect(logged).toEqual([
    {
      stage: 'ingest',
      tenant: 'acme',
      coordinates: 'events.inbound.acme.v1/0/7',
      reason: 'malformed',
      detail: 'time: is wrong',
      message: 'event dead-lettered',
    },
    { stage: 'ingest', doing: 'publish', attempt: 2, error: 'broker away', message: 'transient fault, repeating' },
  ])
  const lines = await linesOf(registry)
  expect(lines).toContain('ott_stage_transient_faults_total{stage="ingest",doing="publish",service="shelf"} 1')
  expect(lines).toContain('ott_stage_in_flight_bytes{stage="ingest",service="shelf"} 1234')
})

test('no series grows with the events: places, times, details and errors are no labels', async () => {
  const { registry, observer } = watch()
  const work = (n: number) => {
    observer.batchDone({ ...report, partition: n, records: n, durationMs: n, eventDurationsMs: [n] })
    observer.deadLettered({ stage: 'ingest', tenantId: 'acme', coordinates: `t/0/${n}`, reason: 'malformed', detail: `field-${n}` })
    observer.transientFault({ stage: 'ingest', doing: 'publish', attempt: n, error: new Error(`fault ${n}`) })
    observer.inFlightBytes('ingest', n)
  }
  work(1)
  const before = (await linesOf(registry)).length
  for (let n = 2; n < 500; n++) work(n)
  expect((await linesOf(registry)).length).toBe(before)
})

test('services in one process keep their metrics apart', async () => {
  const [one, two] = [watch(), watch()]
  one.observer.inFlightBytes('ingest', 1)
  expect(await linesOf(two.registry)).not.toContain('ott_stage_in_flight_bytes{stage="ingest",service="shelf"} 1')
})
