import type { FederatedModel } from '../../federation/federated-model.ts'
import { trainOnData } from '../train-on-data.ts'
import { initialLearned } from './federated-weights.ts'
import type * as finishEncoder from './finish-encoder.ts'
import { readEventWindows, sequenceRiskArtefact, sequenceRiskTrainer } from './sequence-risk-trainer.ts'
import type * as updateEncoder from './update-encoder.ts'

/** Fewer than where a tenant learns alone: they are gone through in every round, and there are more of others'. */
const windowsMax = 5_000

/** Trains one encoder of event sequences with several tenants: each by its own windows, their weights averaged. */
export const federatedSequenceRisk: FederatedModel = {
  model: sequenceRiskTrainer.model,
  read: readEventWindows(windowsMax),
  initial: initialLearned,
  update: ({ data, seed, round, learned }, watch) => trainOnData<typeof updateEncoder>(new URL('./update-encoder.ts', import.meta.url), { data, seed, round, learned }, watch),
  async finish({ data, seed, learned }, watch) {
    return sequenceRiskArtefact(await trainOnData<typeof finishEncoder>(new URL('./finish-encoder.ts', import.meta.url), { data, seed, learned }, watch))
  },
}
