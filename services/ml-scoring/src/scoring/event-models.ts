import type { LearnedDetectors, LearnedModels } from '@ott/anomaly/risk-with-models'

/** What has been learned for a tenant, as far as it bears on one event, with what is tried beside it. */
export interface EventModels extends LearnedModels {
  readonly challengers: readonly LearnedDetectors[]
}

/** What a tenant begins with: nothing was learned yet. */
export const nothingLearned: EventModels = { challengers: [] }
