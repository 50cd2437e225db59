import type { JudgedCase } from '@ott/anomaly/sequence-labels'
import { collectEventWindows, eventWindowsToBytes } from '@ott/anomaly/training/event-windows'
import type { ModelTrainer, TrainedArtefact } from '../model-trainer.ts'
import { trainOnData } from '../train-on-data.ts'
import type * as fitSequenceRisk from './fit-sequence-risk.ts'

/** Quiet windows for each one with trouble: more teach little. */
const quietShareMax = 10

/** An encoder that tells windows apart no better than this raises alarms by chance. */
const aucWorst = 0.6

/** Trains a tenant's encoder on what its viewers did, and what came of it within a day. */
export const sequenceRiskTrainer: ModelTrainer = {
  model: 'sequence-risk',
  read: readEventWindows(20_000),
  async train({ data, seed, ...watch }) {
    return sequenceRiskArtefact(await trainOnData<typeof fitSequenceRisk>(new URL('./fit-sequence-risk.ts', import.meta.url), { data, seed }, watch))
  },
}

/** Makes windows of what a tenant's viewers did, so many at most. */
export function readEventWindows(windowsMax: number): ModelTrainer['read'] {
  return ({ seed, labels, toMs }) => {
    const cases = new Map<string, JudgedCase[]>()
    for (const { subject, eventTime, verdict } of labels) {
      const own = cases.get(subject) ?? []
      own.push({ openedMs: eventTime.getTime(), verdict: verdict === 'confirmed' ? 'confirmed' : 'dismissed' })
      cases.set(subject, own)
    }
    const windows = collectEventWindows({ windowsMax, quietShareMax, seed, cases, nowMs: toMs })
    return { add: (event) => windows.add(event), finish: () => eventWindowsToBytes(windows.finish()) }
  }
}

/** However its weights came about. */
export function sequenceRiskArtefact({ bytes, calibration, metrics }: fitSequenceRisk.FittedSequenceRisk): TrainedArtefact {
  return { kind: 'event-encoder', bytes, metadata: { calibration }, metrics, validation: { metric: 'auc', better: 'higher', worst: aucWorst } }
}
