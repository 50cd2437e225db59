import type { PartitionLag } from '@ott/pipeline/bus'
import type { Registry } from './metrics.ts'
import { sampleGauges } from './sampled-gauge.ts'

/**
 * How far each stage of a service is behind, partition by partition, as the broker knows it. Members of one group all say the
 * same: take the largest, not the sum. A stage with a memory commits with its snapshots, and is behind by as much.
 */
export function observeLag(registry: Registry, readAll: () => Promise<readonly { readonly stage: string; readonly lags: readonly PartitionLag[] }[]>): void {
  sampleGauges({
    registry,
    gauges: [{ name: 'ott_consumer_lag_records', help: 'Records that a stage has yet to commit.', labelNames: ['stage', 'topic', 'partition'] }],
    what: 'consumer_lag',
    freshMs: 5_000,
    waitMs: 2_000,
    nowMs: Date.now,
    read: async () => [
      (await readAll()).flatMap(({ stage, lags }) => lags.map(({ topic, partition, records }) => ({ labels: { stage, topic, partition }, value: Number(records) }))),
    ],
  })
}
