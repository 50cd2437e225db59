import { chooseForecast, forecastsFor } from '@ott/anomaly/seasonal/choose-forecast'
import { chooseThreshold } from '@ott/anomaly/seasonal/choose-threshold'
import { eventFigures, type EventFigures, type LabelledSeries } from '@ott/anomaly/seasonal/event-metrics'
import { hoursPerWeek } from '@ott/anomaly/seasonal/hour-of-week'
import { judgeSeries, type JudgedSeries } from '@ott/anomaly/seasonal/judge-series'
import { plainHourOfWeekScores } from '@ott/anomaly/seasonal/plain-hour-of-week'
import { rehearse } from '@ott/anomaly/seasonal/rehearsal'
import { settleHours } from '@ott/anomaly/seasonal/seasonal-model'
import { seededRandom } from '@ott/anomaly/seeded-random'
import { StartError } from '@ott/dev-env/start-error'
import { onnxruntimeBackend } from '@ott/neural/backend'
import { forecastSeries } from '@ott/neural/lstm/forecast-series'
import { residualNetwork } from '@ott/neural/lstm/residual-network'
import { residualExamples } from '@ott/neural/lstm/residual-windows'
import type * as trainResidualNetwork from '@ott/neural/lstm/train-residual-network'
import type { ServedNetwork } from '@ott/neural/served-network'
import { trainInWorker } from '@ott/neural/train-in-worker'
import { readHourlySeries, type HourlySeriesSet, type LabelledCounts } from './read-hourly-series.ts'

/** Training windows and epochs of the LSTM. */
const windowsMax = 5_000
const epochs = 5

/** The last week of the training hours is held back, to choose between the forecast and the hour of the week. */
const heldBackHours = hoursPerWeek

/** Each series' training hours are rehearsed so often, with about so many events a week, in the weeks after the first two. */
const rehearsals = 2
const rehearsedWeekly = 1
const rehearsedFrom = 2 * hoursPerWeek

/** Four weeks: two for the hour of the week, one to train and one to choose by. */
const trainHoursMin = 4 * hoursPerWeek

/** The scores that are compared, each with a threshold of its own. */
type Scorer = 'settled' | 'immediate' | 'hourOfWeek'

/**
 * Judges each series hour by hour from its beginning, learning as it goes, and compares with the events of the hours after the training
 * hours. Thresholds, network and choices come from the training hours alone, or thresholds from the labelled folder `tuneFolder`.
 */
export async function evaluateSeasonal({ folder, tuneFolder }: { readonly folder: string; readonly tuneFolder: string | undefined }): Promise<object> {
  const set = await readHourlySeries(folder)
  checkLongEnough(folder, set)
  const tuneSet = tuneFolder === undefined ? undefined : await readHourlySeries(tuneFolder)
  if (tuneSet !== undefined && !tuneSet.series.some(({ events }) => events.length > 0)) throw new StartError(`${tuneFolder}: no event to choose a threshold by`)
  if (tuneSet !== undefined) checkLongEnough(tuneFolder!, tuneSet)
  const network = await trainedNetwork(set)
  try {
    const forecasters = await chosenForecasters(set, network)
    const tested = await scoredSet(set, forecasters)
    const judgedBy = tuneSet === undefined ? await rehearsedSet(set, forecasters) : await scoredSet(tuneSet, await chosenForecasters(tuneSet, network))
    const figures = (scorer: Scorer): EventFigures => eventFigures(tested[scorer], chooseThreshold(judgedBy[scorer]))
    return {
      ...figures('settled'),
      settledAfterHours: settleHours,
      immediate: figures('immediate'),
      seriesWithForecast: forecasters.filter(({ choice }) => choice.isBetter).length,
      baselines: { allNormal: eventFigures(tested.settled.map(({ scores, events }) => ({ scores: new Float64Array(scores.length), events })), Infinity), hourOfWeek: figures('hourOfWeek') },
    }
  } finally {
    await network.close()
  }
}

function checkLongEnough(folder: string, { trainHours }: HourlySeriesSet): void {
  if (trainHours < trainHoursMin) throw new StartError(`${folder}: ${trainHours} training hours; at least ${trainHoursMin}, four weeks, are needed`)
}

async function trainedNetwork({ series, start, trainHours }: HourlySeriesSet): Promise<ServedNetwork> {
  const residuals = series.map(({ counts }) => ({ start, residuals: judgeSeries(counts.slice(0, trainHours - heldBackHours), start).residuals }))
  const examples = residualExamples(residuals, windowsMax)
  report(`training the LSTM on ${examples.count} windows`)
  const weights = await trainInWorker<typeof trainResidualNetwork>({
    module: new URL(import.meta.resolve('@ott/neural/lstm/train-residual-network')),
    options: { examples, epochs, seed: 1 },
    onProgress: ({ epoch, loss }) => report(`epoch ${epoch} of ${epochs}: loss ${loss.toFixed(4)}`),
  })
  return (await onnxruntimeBackend()).open(residualNetwork, weights)
}

interface SeriesForecaster {
  readonly choice: ReturnType<typeof chooseForecast>
  readonly judge: (counts: readonly number[]) => Promise<JudgedSeries>
}

/** For each series, the better one on the week held back. */
function chosenForecasters({ series, start, trainHours }: HourlySeriesSet, network: ServedNetwork): Promise<SeriesForecaster[]> {
  return Promise.all(
    series.map(async ({ name, counts }) => {
      const { residuals } = judgeSeries(counts.slice(0, trainHours), start)
      const shifts = await forecastSeries(network, { start, residuals })
      const choice = chooseForecast(residuals.slice(-heldBackHours), shifts.slice(-heldBackHours))
      report(`${name}: forecast gains ${choice.gainPerHour.toFixed(4)} ± ${choice.standardError.toFixed(4)} an hour, ${choice.isBetter ? 'taken' : 'not taken'}`)
      const judge = async (all: readonly number[]) => {
        const alone = judgeSeries(all, start)
        if (!choice.isBetter) return alone
        return judgeSeries(all, start, forecastsFor(choice, await forecastSeries(network, { start, residuals: alone.residuals })))
      }
      return { choice, judge }
    }),
  )
}

/** The hours after the training hours, with what each scorer says of them. */
function scoredSet({ series, trainHours }: HourlySeriesSet, forecasters: readonly SeriesForecaster[]): Promise<Record<Scorer, LabelledSeries[]>> {
  return scored(series, forecasters, trainHours, trainHours)
}

/** The training hours with events put into them. */
async function rehearsedSet({ series, trainHours }: HourlySeriesSet, forecasters: readonly SeriesForecaster[]): Promise<Record<Scorer, LabelledSeries[]>> {
  report(`choosing thresholds by ${rehearsals * series.length} rehearsals`)
  const rounds: LabelledCounts[] = []
  for (const [index, { name, counts }] of series.entries()) {
    const quiet = counts.slice(0, trainHours)
    const { expectedCounts } = await forecasters[index]!.judge(quiet)
    const usual = Array.from(expectedCounts, (expected, hour) => (Number.isNaN(expected) ? quiet[hour]! : expected))
    for (let round = 0; round < rehearsals; round += 1) {
      rounds.push({ name, ...rehearse(quiet, usual, rehearsedFrom, rehearsedWeekly, seededRandom(index * rehearsals + round)) })
    }
  }
  return scored(rounds, forecasters.flatMap((forecaster) => Array<SeriesForecaster>(rehearsals).fill(forecaster)), trainHours, rehearsedFrom)
}

/** @param plainHours what the plain hour of the week is made from; @param from the hours scored */
async function scored(
  series: readonly LabelledCounts[],
  forecasters: readonly SeriesForecaster[],
  plainHours: number,
  from: number,
): Promise<Record<Scorer, LabelledSeries[]>> {
  const all: Record<Scorer, LabelledSeries[]> = { settled: [], immediate: [], hourOfWeek: [] }
  for (const [index, { counts, events: given }] of series.entries()) {
    const events = given.map(({ start, end }) => ({ start: start - from, end: end - from }))
    const { settled, immediate } = await forecasters[index]!.judge(counts)
    all.settled.push({ scores: settled.slice(from), events })
    all.immediate.push({ scores: immediate.slice(from), events })
    all.hourOfWeek.push({ scores: plainHourOfWeekScores(counts, plainHours).slice(from), events })
  }
  return all
}

function report(line: string): void {
  process.stderr.write(`${line}\n`)
}
