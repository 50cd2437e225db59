import type { StageObserver } from '@ott/pipeline/stage-observer'
import type { Logger } from './logger.ts'
import { Counter, Gauge, Histogram, latencyBucketsMs, type Registry } from './metrics.ts'

/** Counts, times and logs what a stage does. */
export function observeStage(registry: Registry, log: Logger): StageObserver {
  const events = new Counter({
    name: 'ott_stage_events_total',
    help: 'Events a stage was done with, by outcome.',
    labelNames: ['stage', 'tenant', 'outcome', 'reason'],
    registers: [registry],
  })
  const processed = new Counter({
    name: 'ott_tenant_events_processed',
    help: "A tenant's events that a stage passed on.",
    labelNames: ['stage', 'tenant'],
    registers: [registry],
  })
  const batchMs = new Histogram({
    name: 'ott_stage_batch_duration_ms',
    help: 'Time a stage worked on a batch.',
    labelNames: ['stage'],
    buckets: latencyBucketsMs,
    registers: [registry],
  })
  const eventMs = new Histogram({
    name: 'ott_stage_event_duration_ms',
    help: 'Time an event spent at a stage, waiting included.',
    labelNames: ['stage'],
    buckets: latencyBucketsMs,
    registers: [registry],
  })
  const ageMs = new Histogram({
    name: 'ott_event_age_ms',
    help: "Time from an event's receipt until a stage was done with it.",
    labelNames: ['stage'],
    buckets: latencyBucketsMs,
    registers: [registry],
  })
  const faults = new Counter({
    name: 'ott_stage_transient_faults_total',
    help: 'Operations that failed for now and were repeated.',
    labelNames: ['stage', 'doing'],
    registers: [registry],
  })
  const inFlight = new Gauge({
    name: 'ott_stage_in_flight_bytes',
    help: 'Bytes of the batches in work.',
    labelNames: ['stage'],
    registers: [registry],
  })
  return {
    batchDone({ stage, durationMs, eventDurationsMs, eventAgesMs, outcomes }) {
      batchMs.observe({ stage }, durationMs)
      // Looked up once a batch: the look-up costs more than counting.
      const [spent, aged] = [eventMs.labels({ stage }), ageMs.labels({ stage })]
      for (const ms of eventDurationsMs) spent.observe(ms)
      for (const ms of eventAgesMs) aged.observe(ms)
      for (const [label, count] of outcomes) {
        const [tenant = '', outcome = '', reason = ''] = label.split(' ')
        events.inc({ stage, tenant, outcome, reason }, count)
        if (outcome === 'emitted') processed.inc({ stage, tenant }, count)
      }
    },
    deadLettered({ stage, tenantId, coordinates, reason, detail }) {
      log.warn({ stage, tenant: tenantId, coordinates, reason, detail }, 'event dead-lettered')
    },
    transientFault({ stage, doing, attempt, error }) {
      faults.inc({ stage, doing })
      log.warn({ stage, doing, attempt, error: error.message }, 'transient fault, repeating')
    },
    inFlightBytes(stage, bytes) {
      inFlight.set({ stage }, bytes)
    },
  }
}
