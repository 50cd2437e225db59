import { eventAssessed } from '@ott/contracts/event-assessed'
import { openSubgraph } from '@ott/graphql/subgraph'
import { defineService } from '@ott/service/define-service'
import { standardSettings } from '@ott/service/settings'
import { z } from 'zod'
import { addAttentionRoutes } from './attention/attention-routes.ts'
import { openDrift } from './drift/open-drift.ts'
import { openFederation } from './federation/open-federation.ts'
import { createProfileStore } from './profile-store.ts'
import { modelStorePattern } from './registry/open-artefact-store.ts'
import { openModels } from './registry/open-models.ts'
import { followReferences } from './scoring/follow-references.ts'
import { openLearnedModels } from './scoring/learned-models.ts'
import { observeReferences } from './scoring/observe-references.ts'
import { modelLoaders } from './scoring/servable-model.ts'
import { openShownReferences } from './scoring/shown-references.ts'
import { championForecasts } from './series/champion-forecasts.ts'
import { openSeries } from './series/open-series.ts'
import { scoringStage } from './stage.ts'
import { createSubjectBudget } from './subject-budget.ts'
import { addSubjectRoutes } from './subject-routes.ts'
import { observeSubjects } from './subject-metrics.ts'
import { openTraining } from './training/open-training.ts'
import { isTurn } from './training/turn-of-schedule.ts'
import { resolvers, scoringContext, type ScoringContext } from './subgraph/resolvers.ts'

/** Scores how risky each viewer's behaviour is. */
export const mlScoring = defineService({
  name: 'ml-scoring',
  settings: standardSettings.extend({
    /** How often changed profiles are written down, in ms: bounds what is worked through again after a crash. */
    SNAPSHOT_INTERVAL_MS: z.coerce.number().int().min(100).max(600_000).default(3_000),
    /** Viewers whose profiles this process holds; the others are read from the database when an event of theirs comes. */
    SUBJECTS_IN_MEMORY: z.coerce.number().int().min(1).max(10_000_000).default(250_000),
    /** How often what champions meet is held against what they were trained on, in ms. */
    DRIFT_CHECK_INTERVAL_MS: z.coerce.number().int().min(100).max(86_400_000).default(600_000),
    /** How long after its end an hour of a series is judged, in ms: events that come later are counted, but judged no more. */
    SERIES_LATENESS_MS: z.coerce.number().int().min(0).max(86_400_000).default(600_000),
    /** Trainings that run at once in this process. */
    TRAININGS_AT_ONCE: z.coerce.number().int().min(0).max(8).default(1),
    /** When models are averaged across the tenants that joined for it, as cron has it (UTC); left out: never. */
    FEDERATION_CRON: z.string().max(100).refine(isTurn, 'must be five fields of cron that come round at most once an hour').optional(),
    /** Rounds of a run. */
    FEDERATION_ROUNDS: z.coerce.number().int().min(1).max(100).default(10),
    /** How far a member may move the weights in a round (Euclidean norm). */
    FEDERATION_CLIP_NORM: z.coerce.number().gt(0).max(1_000).default(4),
    /** Noise on the sum of members' updates, in units of the clip norm; 0: none, and no guarantee. */
    FEDERATION_NOISE_MULTIPLIER: z.coerce.number().min(0).max(1_000).default(0),
    /** Where trained models are kept: a folder, or a bucket of S3. */
    MODEL_STORE: z.string().regex(modelStorePattern, 'must be file:FOLDER or s3://BUCKET/PREFIX').default('file:.data/models'),
    /** Of a bucket: the server's address, when it isn't Amazon's. */
    MODEL_STORE_ENDPOINT: z.url({ protocol: /^https?$/ }).optional(),
    MODEL_STORE_REGION: z.string().regex(/^[a-z0-9-]{1,64}$/).default('us-east-1'),
    MODEL_STORE_ACCESS_KEY_ID: z.string().max(256).optional(),
    MODEL_STORE_SECRET_ACCESS_KEY: z.string().max(256).optional(),
  }),
  async start({ settings, bus, database: openDatabase, tenants, stage, scope, log, registry, fail }) {
    const directory = await tenants()
    const database = openDatabase()
    const models = await openModels({ settings, loaders: modelLoaders, startTraining: (...given) => training.startTraining(...given), bus, database, directory, log, registry, scope, fail })
    const budget = createSubjectBudget(settings.SUBJECTS_IN_MEMORY)
    const store = createProfileStore({
      database,
      tenantIds: () => directory.all().map(({ tenantId }) => tenantId),
      snapshotIntervalMs: settings.SNAPSHOT_INTERVAL_MS,
      budget,
      observer: observeSubjects(registry, budget),
    })
    const drift = openDrift({ database, bus, directory, modelsOf: models.modelsOf, checkIntervalMs: settings.DRIFT_CHECK_INTERVAL_MS, log, registry, scope })
    const learned = openLearnedModels({
      modelsOf: models.modelsOf,
      spreads: drift.spreads,
      follower: followReferences(observeReferences(registry)),
      shown: openShownReferences(database),
      comparisons: models.comparisons,
      thresholdOf: (tenantId) => directory.get(tenantId)?.riskThreshold ?? 1,
    })
    await stage(scoringStage(store, learned), { topics: [eventAssessed.topic] })
    const trains = { database, directory, store: models.store, registry: models.registry, log, scope }
    const training = openTraining({ ...trains, atOnce: settings.TRAININGS_AT_ONCE })
    const federation = openFederation({ ...trains, settings, isTraining: settings.TRAININGS_AT_ONCE > 0, metrics: registry })
    const series = openSeries({ database, bus, directory, forecastFor: championForecasts(models.modelsOf), latenessMs: settings.SERIES_LATENESS_MS, log, registry, scope })
    const partitions = async () => (await bus.endOffsets(eventAssessed.topic)).length
    const subgraph = await openSubgraph<ScoringContext>({
      schemaFile: new URL('./subgraph/schema.graphql', import.meta.url),
      resolvers,
      context: (caller) => scoringContext({ database, models, learned, nowMs: Date.now, partitions }, caller),
      directory,
      log,
      registry,
      scope,
    })
    return {
      routes(app) {
        models.routes(app)
        training.routes(app)
        drift.routes(app)
        series.routes(app)
        federation.routes(app)
        addAttentionRoutes(app, { directory, database, modelsOf: models.modelsOf })
        addSubjectRoutes(app, { directory, database, learned, partitions })
        subgraph.mount(app)
      },
    }
  },
})
