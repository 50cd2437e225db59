import { collectHourlySeries, hourlySeriesToBytes } from '@ott/anomaly/training/hourly-series'
import type { ModelTrainer } from '../model-trainer.ts'
import { trainOnData } from '../train-on-data.ts'
import type * as fitSeasonal from './fit-seasonal.ts'

/** Half a year. */
const hoursMax = 26 * 7 * 24

/** Trains the forecaster of a tenant's series: events, failed sign-ins and accesses by the hour, of all viewers and of groups of them. */
export const seasonalTrainer: ModelTrainer = {
  model: 'seasonal',
  read({ toMs }) {
    const series = collectHourlySeries({ toMs, hoursMax })
    return { add: (event) => series.add(event), finish: () => hourlySeriesToBytes(series.finish()) }
  },
  async train({ data, seed, ...watch }) {
    const { bytes, choices, metrics } = await trainOnData<typeof fitSeasonal>(new URL('./fit-seasonal.ts', import.meta.url), { data, seed }, watch)
    return { kind: 'seasonal-forecaster', bytes, metadata: { choices }, metrics, validation: { metric: 'gainPerHour', better: 'higher' } }
  },
}
