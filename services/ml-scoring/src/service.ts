import { eventAssessed } from '@ott/contracts/event-assessed'
import { defineService } from '@ott/service/define-service'
import { standardSettings } from '@ott/service/settings'
import { z } from 'zod'
import { createProfileStore } from './profile-store.ts'
import { scoringStage } from './stage.ts'

/** Scores how risky each viewer's behaviour is. */
export const mlScoring = defineService({
  name: 'ml-scoring',
  settings: standardSettings.extend({
    /** How often changed profiles are written down, in ms: bounds what is worked through again after a crash. */
    SNAPSHOT_INTERVAL_MS: z.coerce.number().int().min(100).max(600_000).default(3_000),
  }),
  async start({ settings, database, tenants, stage }) {
    const directory = await tenants()
    const store = createProfileStore(database(), () => directory.all().map(({ tenantId }) => tenantId), settings.SNAPSHOT_INTERVAL_MS)
    await stage(scoringStage(store), { topics: [eventAssessed.topic] })
    return {}
  },
})
