import { Counter, Gauge, type Registry } from '@ott/telemetry/metrics'
import { hourMs } from './series-tally.ts'
import type { WatchFigures } from './series-watch-store.ts'

/** What the process that watches the series tells; the others tell nothing. */
export interface SeriesTelemetry {
  figures(figures: readonly WatchFigures[], dueHour: number): void
  told(tenantId: string, anomalies: number): void
}

export function observeSeries(registry: Registry, isLeader: () => boolean): SeriesTelemetry {
  let latest: { readonly figures: readonly WatchFigures[]; readonly dueHour: number } = { figures: [], dueHour: 0 }
  const gauge = (name: string, help: string, valueOf: (figures: WatchFigures) => number) =>
    new Gauge({
      ...{ name, help, labelNames: ['tenant'], registers: [registry] },
      collect() {
        this.reset()
        if (isLeader()) for (const figures of latest.figures) this.set({ tenant: figures.tenantId }, valueOf(figures))
      },
    })
  gauge('ott_series_watched', 'Hourly series that are judged; told by the process that does it.', ({ series }) => series)
  gauge('ott_series_anomalies_open', 'Series that are unlike themselves at the moment.', ({ openAnomalies }) => openAnomalies)
  gauge('ott_series_judging_lag_seconds', 'How far the judging is behind the last hour that is due; 0 when it keeps up.', ({ judgedHour }) => (Math.max(0, latest.dueHour - judgedHour) * hourMs) / 1_000)
  const told = new Counter({ name: 'ott_series_anomalies_total', help: 'Anomalies of series that were told as events.', labelNames: ['tenant'], registers: [registry] })
  return {
    figures: (figures, dueHour) => void (latest = { figures, dueHour }),
    told: (tenant, anomalies) => told.inc({ tenant }, anomalies),
  }
}
