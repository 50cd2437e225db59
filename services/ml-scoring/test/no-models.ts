import { followReferences } from '../src/scoring/follow-references.ts'
import { openLearnedModels } from '../src/scoring/learned-models.ts'

/** For tests in which no tenant has a model. */
export const noModels = openLearnedModels({
  modelsOf: () => ({ champion: undefined, challengers: [] }),
  comparisons: { add: () => undefined },
  spreads: { add: () => undefined },
  follower: followReferences({ onRenewed: () => undefined }),
  shown: { detectorsOf: async () => undefined },
  thresholdOf: () => 0.7,
})
