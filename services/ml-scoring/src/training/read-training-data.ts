import type { Database } from '@ott/postgres/database'
import { workInSlices } from '@ott/service/work-in-slices'
import { labelsBetween } from '../labels/label-store.ts'
import type { ModelTrainer } from './model-trainer.ts'
import { readHistory } from './read-history.ts'

export interface ReadTrainingDataOptions {
  readonly database: Database
  readonly tenantId: string
  /** By receipt; the end is outside. */
  readonly from: Date
  readonly to: Date
  readonly seed: number
  readonly trainer: Pick<ModelTrainer, 'read'>
  /** Called after each page with the share that is read. What it throws ends the reading. */
  onProgress(share: number): Promise<void>
}

const dayMs = 86_400_000
const labelsMax = 100_000
/** Half of the processor's time is left to the stage. */
const slices = { sliceMs: 5, restShare: 1 }

/** What a tenant's model is trained on, made of its stored events and labels, and of nobody else's. */
export async function readTrainingData({ database, tenantId, from, to, seed, trainer, onProgress }: ReadTrainingDataOptions): Promise<Uint8Array> {
  const labels = await labelsBetween(database, tenantId, new Date(from.getTime() - dayMs), to, labelsMax)
  const reader = trainer.read({ seed, labels, toMs: to.getTime() })
  await readHistory({
    database,
    tenantId,
    period: { fromMs: from.getTime(), toMs: to.getTime() },
    slices: workInSlices({ ...slices, nowMs: () => performance.now() }),
    add: (event) => reader.add(event),
    onProgress,
  })
  return reader.finish()
}
