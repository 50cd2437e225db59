import { chooseForecast } from '@ott/anomaly/seasonal/choose-forecast'
import { hoursPerWeek } from '@ott/anomaly/seasonal/hour-of-week'
import { judgeSeries } from '@ott/anomaly/seasonal/judge-series'
import { hourlySeriesFrom } from '@ott/anomaly/training/hourly-series'
import { onnxruntimeBackend } from '@ott/neural/backend'
import { forecastSeries } from '@ott/neural/lstm/forecast-series'
import { residualNetwork } from '@ott/neural/lstm/residual-network'
import { residualExamples } from '@ott/neural/lstm/residual-windows'
import { train as trainResidualNetwork } from '@ott/neural/lstm/train-residual-network'
import { encodeWeights } from '@ott/neural/network-weights'
import type { ReportProgress } from '@ott/neural/training-module'
import { TrainingDataError } from '../model-trainer.ts'
import type { TrainingMetrics } from '../training-run-store.ts'

export interface SeasonalTraining {
  /** Hourly counts, as `hourly-series.ts` writes them. */
  readonly data: Uint8Array
  readonly seed: number
}

export interface FittedSeasonal {
  readonly bytes: Uint8Array
  /** By series: whether it is better judged with the forecast than by its hour of the week alone, and what then remains. */
  readonly choices: Readonly<Record<string, { readonly isBetter: boolean; readonly spread: number }>>
  readonly metrics: TrainingMetrics
}

/** Two for the hour of the week, one to train and one to choose by. */
const weeksMin = 4
const windowsMax = 5_000
const epochs = 5

/** Trains one forecaster for all of a tenant's series, and chooses by the last week which of them it serves. Runs in a worker thread. */
export async function train({ data, seed }: SeasonalTraining, report: ReportProgress): Promise<FittedSeasonal> {
  const { start, hours, counts } = hourlySeriesFrom(data)
  if (hours < weeksMin * hoursPerWeek) throw new TrainingDataError(`${hours} hours of history are too few to learn from: at least ${weeksMin * hoursPerWeek}, four weeks, are needed`)
  const series = [...counts].map(([key, own]) => ({ key, counts: [...own] }))
  const training = series.map((each) => ({ start, residuals: judgeSeries(each.counts.slice(0, -hoursPerWeek), start).residuals }))
  const examples = residualExamples(training, windowsMax)
  if (examples.count === 0) throw new TrainingDataError('the series are too short: no window of three days without a gap')
  const weights = await trainResidualNetwork({ examples, epochs, seed }, report)
  const network = await (await onnxruntimeBackend()).open(residualNetwork, weights)
  try {
    const choices: Record<string, { isBetter: boolean; spread: number }> = {}
    const gains: number[] = []
    for (const each of series) {
      const { residuals } = judgeSeries(each.counts, start)
      const shifts = await forecastSeries(network, { start, residuals })
      const { isBetter, spread, gainPerHour } = chooseForecast(residuals.slice(-hoursPerWeek), shifts.slice(-hoursPerWeek))
      choices[each.key] = { isBetter, spread }
      gains.push(gainPerHour)
    }
    return {
      bytes: encodeWeights(weights),
      choices,
      metrics: {
        series: series.length,
        seriesWithForecast: Object.values(choices).filter(({ isBetter }) => isBetter).length,
        gainPerHour: gains.reduce((sum, gain) => sum + gain, 0) / gains.length,
        hours,
      },
    }
  } finally {
    await network.close()
  }
}
