import { collectHourlySeries, hourlySeriesToBytes } from '@ott/anomaly/training/hourly-series'
import { TrainingError, trainInWorker } from '@ott/neural/train-in-worker'
import { TrainingDataError, type ModelTrainer } from '../model-trainer.ts'
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
  async train({ data, seed, onProgress, signal }) {
    try {
      const { bytes, choices, metrics } = await trainInWorker<typeof fitSeasonal>({
        module: new URL('./fit-seasonal.ts', import.meta.url),
        options: { data, seed },
        onProgress: ({ epoch, epochs }) => onProgress(epoch / epochs),
        signal,
      })
      return { kind: 'seasonal-forecaster', bytes, metadata: { choices }, metrics, validation: { metric: 'gainPerHour', better: 'higher' } }
    } catch (error) {
      if (error instanceof TrainingError && /too few|too short/.test(error.message)) throw new TrainingDataError(error.message)
      throw error
    }
  },
}
