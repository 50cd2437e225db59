import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { emptyEwma, judgeByEwma } from '@ott/anomaly/streaming/ewma-baseline'
import { emptySeries, judgeValue } from '@ott/anomaly/streaming/judge-value'
import { StartError } from '@ott/dev-env/start-error'
import { readNabCorpus, type NabSeries } from './nab-corpus.ts'
import { nabScore, nabScoreAcrossGroups, type ScoredSeries } from './nab-score.ts'

type Judge<State> = (state: State, atMs: number, value: number) => { readonly state: State; readonly score: number }

/** By the names their results are filed under: the public scorer splits them at underscores, so they have none. */
const detectors = {
  ottSeries: (series: NabSeries) => scoresInOrder(series, emptySeries, judgeValue),
  ottEwma: (series: NabSeries) => scoresInOrder(series, emptyEwma, judgeByEwma),
}

/** What was measured of one detector, on the standard profile. */
interface Figures {
  readonly score: number
  /** Each group at the threshold that is best for the others; absent when there is one group only. */
  readonly scoreAcrossGroups?: number
  readonly threshold: number
  readonly windowsFound: number
  readonly windows: number
  readonly falseRows: number
  readonly valuesPerSecond: number
}

/**
 * Runs the streaming detector and its baseline over a copy of the Numenta Anomaly Benchmark, and writes
 * `<out>/<detector>/<group>/<detector>_<file>.csv` with timestamp, value, anomaly_score, label for its public scorer.
 * A detector sees the values in order and nothing else; labels only make the figures.
 * @throws StartError when something is missing, unreadable or can't be written
 */
export async function evaluateNab({ folder, outFolder }: { readonly folder: string; readonly outFolder: string }): Promise<object> {
  const corpus = await readNabCorpus(folder)
  const figures: Record<string, Figures> = {}
  let files = 0
  for (const [name, scoresOf] of Object.entries(detectors)) {
    const startMs = performance.now()
    const scored = corpus.map((series) => ({ ...series, scores: scoresOf(series) }))
    const seconds = (performance.now() - startMs) / 1_000
    for (const series of scored) {
      await writeResult(join(outFolder, name, series.group, `${name}_${series.file}`), series)
      files += 1
    }
    const valueCount = corpus.reduce((count, { values }) => count + values.length, 0)
    figures[name] = { ...measured(scored), valuesPerSecond: Math.round(valueCount / seconds) }
    process.stderr.write(`${name}: ${scored.length} series, ${valueCount} values\n`)
  }
  return { files, detectors: figures }
}

function measured(scored: readonly (ScoredSeries & { readonly group: string })[]): Omit<Figures, 'valuesPerSecond'> {
  const { score, threshold, windowsFound, windows, falseRows } = nabScore(scored)
  const groups = [...Map.groupBy(scored, ({ group }) => group).values()]
  const across = groups.length > 1 ? { scoreAcrossGroups: nabScoreAcrossGroups(groups) } : {}
  return { score, ...across, threshold, windowsFound, windows, falseRows }
}

function scoresInOrder<State>({ timesMs, values }: NabSeries, empty: State, judge: Judge<State>): Float64Array {
  let state = empty
  return values.map((value, row) => {
    const judgement = judge(state, timesMs[row]!, value)
    state = judgement.state
    return judgement.score
  })
}

async function writeResult(path: string, { rows, timesMs, windows, scores }: NabSeries & ScoredSeries): Promise<void> {
  const label = (atMs: number) => (windows.some(([startMs, endMs]) => startMs <= atMs && atMs <= endMs) ? 1 : 0)
  const lines = rows.map((row, index) => `${row},${scores[index]!},${label(timesMs[index]!)}\n`)
  try {
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, `timestamp,value,anomaly_score,label\n${lines.join('')}`)
  } catch (error) {
    throw new StartError(`${path}: can't be written: ${error instanceof Error ? error.message : String(error)}`)
  }
}
