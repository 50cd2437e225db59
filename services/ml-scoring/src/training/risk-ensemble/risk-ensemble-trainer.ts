import { collectViewerHours } from '@ott/anomaly/training/viewer-hours'
import { viewerHoursToBytes } from '@ott/anomaly/training/viewer-hours-bytes'
import type { ModelTrainer } from '../model-trainer.ts'
import { trainOnData } from '../train-on-data.ts'
import type * as fitRiskEnsemble from './fit-risk-ensemble.ts'

/** Viewer-hours that are trained and validated on, by lot among all. */
const rowsMax = 20_000
/** Viewers followed at once while the history is read: about 100 MB. */
const viewersMax = 50_000

/** Trains a tenant's detectors on what its viewers' active hours came to. */
export const riskEnsembleTrainer: ModelTrainer = {
  model: 'risk-ensemble',
  read({ seed, labels }) {
    const hours = collectViewerHours({
      rowsMax,
      viewersMax,
      seed,
      labels: labels.map(({ subject, eventTime, verdict }) => ({ subject, atMs: eventTime.getTime(), isAnomaly: verdict === 'confirmed' })),
    })
    return { add: (event) => hours.add(event), finish: () => viewerHoursToBytes(hours.finish()) }
  },
  async train({ data, seed, ...watch }) {
    const { kind, bytes, metrics, validation, reference } = await trainOnData<typeof fitRiskEnsemble>(new URL('./fit-risk-ensemble.ts', import.meta.url), { data, seed }, watch)
    return { kind, bytes, metrics, validation, metadata: { reference } }
  },
}
