import { eventScored } from '@ott/contracts/event-scored'
import { defineService } from '@ott/service/define-service'
import { standardSettings } from '@ott/service/settings'
import { violationStage } from './stage.ts'
import { addViolationRoutes } from './violation-routes.ts'

/** Keeps what was decided about every event, and opens violations. */
export const violation = defineService({
  name: 'violation',
  settings: standardSettings,
  async start({ database: openDatabase, tenants, stage }) {
    const database = openDatabase()
    const directory = await tenants()
    await stage(violationStage(directory, Date.now), { topics: [eventScored.topic] })
    return { routes: (app) => addViolationRoutes(app, { directory, database }) }
  },
})
