import type { ModelUpdate } from '@ott/anomaly/federated/average-updates'
import type { ModelTrainer, TrainedArtefact, TrainingWatch } from '../training/model-trainer.ts'

/** What a member's part in a round, or the end of a run, is made of. Its data stays its own. */
export interface MemberOrder {
  readonly data: Uint8Array
  /** The same in all rounds of a run. */
  readonly seed: number
  /** Learned weights that all members have in common, in one row. */
  readonly learned: Float32Array
}

/** How a model is averaged across tenants. What computes does so in a worker thread. */
export interface FederatedModel extends Pick<ModelTrainer, 'model' | 'read'> {
  /** The weights everyone begins with. */
  initial(seed: number): Float32Array
  /**
   * What a member makes of the weights by its own data.
   * @param round counts from 0
   * @throws {TrainingDataError} when nothing can be learned from its data
   */
  update(order: MemberOrder & { readonly round: number }, watch: TrainingWatch): Promise<ModelUpdate>
  /** A member's model of the weights after the last round. */
  finish(order: MemberOrder, watch: TrainingWatch): Promise<TrainedArtefact>
}
