import { z } from 'zod'
import { challengersMax, modelNames } from './model-configured.ts'
import { personal } from './privacy.ts'

const time = z.iso.datetime()
const count = z.number().int().min(0)
const number = z.number().int().min(1)
const keyId = z.string().describe('Id of an API key, or of the part of the product that acted.')
const status = z.enum(['candidate', 'challenger', 'champion', 'retired'])
const metrics = z.record(z.string(), z.number()).describe('Measured when it was trained.')
const validation = z.object({ metric: z.string(), better: z.enum(['higher', 'lower']), worst: z.number().optional().describe('With a worse value it is not promoted.') }).describe('Which metric decides about promotions.')
const score = z.number().min(0).max(1)
const reason = z.string().min(10).max(1_000)

const model = z.object({
  name: z.enum(modelNames),
  sequence: count.describe('Grows with every change of what is served; the ETag, which If-Match may name.'),
  versions: number.describe('How many there are, numbered from 1.'),
  champion: number.nullable(),
  challengers: z.array(number).max(challengersMax),
  createdAt: time,
})

const gate = z.object({
  metric: z.string(),
  better: z.enum(['higher', 'lower']),
  candidate: z.number().nullable(),
  champion: z.number().nullable().describe('Null where there is no champion, or it has no such metric.'),
  championVersion: number.nullable(),
  tolerance: z.number(),
})

const transition = z.object({
  sequence: count,
  version: number,
  at: time,
  by: keyId,
  action: z.enum(['register', 'challenge', 'promote', 'supersede', 'rollback', 'retire']),
  from: status.nullable(),
  to: status,
  reason: z.string().nullable(),
  forced: z.boolean().describe('Whether it went past the gate.'),
  gate: gate.nullable().describe('What the gate compared.'),
})

const version = z.object({
  model: z.enum(modelNames),
  version: number,
  status,
  kind: z.string().describe('Of the artefact: what loads it.'),
  sha256: z.string().describe('Of the artefact.'),
  sizeBytes: number,
  metadata: z.record(z.string(), z.unknown()),
  training: z.object({ dataSha256: z.string(), seed: z.number().int(), codeVersion: z.string(), runId: z.string().optional(), metrics, validation: validation.optional() }),
  createdAt: time,
  createdBy: keyId,
  changedAt: time,
})

const shares = { agreement: score.nullable().describe('Events on the same side of the threshold, as a share.'), meanAbsoluteDifference: score.nullable() }
const rankCorrelation = z.number().min(-1).max(1).nullable().describe("Spearman's, of scores in bins.")

/** Models, their versions, and how a challenger's scores differ from the champion's. */
const federationTerms = z.object({
  rounds: number,
  clipNorm: z.number().describe('How far a member moves the weights in a round, at most (Euclidean norm).'),
  noiseMultiplier: z.number().describe("Deviation of the noise on the sum of the members' changes, in units of clipNorm; 0: none."),
  delta: z.number(),
  periodDays: number.describe('Days that are learned from.'),
})

const trainingRun = z.object({
  id: z.uuid(),
  model: z.enum(modelNames),
  status: z.enum(['queued', 'running', 'finished', 'failed', 'cancelled']),
  requestedBy: keyId.describe('An API key, or `schedule`.'),
  seed: z.number().int(),
  from: time,
  to: time,
  phase: z.enum(['reading', 'training', 'storing']).nullable(),
  progress: z.number().min(0).max(1),
  snapshotHash: z.string().nullable().describe('SHA-256 of what it trains on.'),
  codeVersion: z.string().nullable().describe('A hash of the code that trained.'),
  metrics: z.record(z.string(), z.number().nullable()).nullable(),
  version: number.nullable().describe('Of the model that came of it.'),
  failure: z.string().nullable(),
  createdAt: time,
  startedAt: time.nullable(),
  finishedAt: time.nullable(),
})

const trainingSchedule = z.object({
  model: z.enum(modelNames),
  cron: z.string(),
  timeZone: z.string(),
  periodDays: number,
  nextAt: time,
  setAt: time,
  setBy: keyId,
})

const verdict = z.enum(['confirmed', 'false-positive'])
const label = z.object({
  eventId: personal('sensitive', z.string()),
  subject: personal('linkable', z.string()),
  eventTime: time,
  verdict,
  note: z.string(),
  labelledAt: time,
  labelledBy: keyId,
})

const driftSettings = z.object({
  trainOnDrift: z.boolean(),
  psiLimit: z.number().describe('The limit that holds: from this population stability index on it counts as drift; with few values the limit is higher.'),
  ksLimit: z.number().describe('The same of the Kolmogorov–Smirnov distance.'),
})

const driftReport = z.object({
  model: z.enum(modelNames),
  version: number,
  checkedAt: time,
  outcome: z
    .enum(['stable', 'drifted', 'too-few', 'no-reference', 'unreadable-reference'])
    .describe('`too-few`: too little was seen to say. `no-reference`, `unreadable-reference`: the champion brought nothing it can be compared with; train a new one.'),
  since: time.describe('Since when each look at the version said this.'),
  fromDay: z.iso.date(),
  toDay: z.iso.date().describe('What was met on these days is compared.'),
  observations: count.describe('Active hours of viewers.'),
  columns: z
    .array(
      z.object({
        feature: z.string().nullable().describe('Null: the scores.'),
        observations: count,
        psi: z.number().describe('Population stability index.'),
        ks: z.number().describe('Kolmogorov–Smirnov distance.'),
        psiLimit: z.number().nullable().describe('From here on it is drift; null where too little was seen to say.'),
        ksLimit: z.number().nullable(),
        drifts: z.array(z.object({ measure: z.enum(['psi', 'ks']), value: z.number(), limit: z.number() })).describe('What is beyond its limit.'),
      }),
    )
    .describe('Empty where nothing could be compared.'),
})

export const modelShapes = {
  ModelList: z.object({ items: z.array(model) }),
  Model: model.extend({
    inForce: z
      .object({
        champion: number.nullable(),
        challengers: z.array(number),
        refused: z.array(z.object({ version: number, fault: z.enum(['unavailable', 'missing', 'corrupt', 'too-large', 'refused', 'unknown-kind', 'does-not-load']), detail: z.string() })),
      })
      .describe('In the process that answers: what it has loaded, and what does not load there.'),
    references: z
      .array(
        z.object({
          partition: count,
          version: number,
          addedRows: count.describe("Rows the champion's detectors compare with that came since it was trained."),
          replacedRows: count.describe('Replacements in all.'),
          renewedAt: time.nullable().describe('When rows last came into force; null: none yet.'),
        }),
      )
      .describe('How far what the champion compares viewers with has moved on, by partition, as of its last snapshot.'),
    transitions: z.array(transition).describe('The last thousand.'),
  }),
  ModelVersion: version.extend({ transitions: z.array(transition) }),
  ModelVersionPage: z.object({ items: z.array(version), next: z.string().nullable().describe('Cursor of the page after this one.') }),
  ModelMetrics: z.object({
    model: z.enum(modelNames),
    champion: number.nullable(),
    items: z.array(
      z.object({
        version: number,
        status,
        metrics,
        validation: validation.nullable(),
        live: z.object({ events: count, ...shares, rankCorrelation }).nullable().describe('A challenger beside the present champion.'),
      }),
    ),
  }),
  ModelComparison: z.object({
    model: z.enum(modelNames),
    version: number,
    items: z
      .array(
        z.object({
          champion: number,
          since: time,
          lastAt: time,
          events: count,
          invalid: count.describe('Events for which one of the two gave no score.'),
          meanDifference: z.number().nullable(),
          ...shares,
          rankCorrelation,
          onlyChampionOver: count.describe("Over the tenant's threshold by the champion alone."),
          onlyChallengerOver: count,
          histograms: z.object({ binWidth: z.number(), champion: z.array(count), challenger: z.array(count) }),
          largest: z.array(z.object({ eventId: personal('sensitive', z.string()), champion: score, challenger: score })).describe('Events with the largest differences.'),
        }),
      )
      .describe('By champion it ran beside, the latest first. Counted about once each: a crash may lose or repeat some seconds.'),
  }),
  ModelTransitionRequest: z.strictObject({ reason: reason.optional() }),
  ModelPromotionRequest: z.strictObject({
    reason: reason.optional().describe('Required with `force`.'),
    force: z.boolean().optional().describe('Past the gate; kept with the reason.'),
    tolerance: z.number().min(0).max(0.1).optional().describe("How much worse than the champion's the validation metric may be, in its own unit; 0.01 when absent."),
  }),
  ModelTrainingRequest: z.strictObject({
    periodDays: z.number().int().min(1).max(366).optional().describe('Trains on so many days up to now, by receipt; 30 when absent.'),
    seed: z.number().int().min(0).optional().describe('The same data, seed and code give the same model; 1 when absent.'),
  }),
  ModelDrift: z.object({
    model: z.enum(modelNames),
    settings: driftSettings,
    items: z.array(driftReport).describe("The latest first: all of the last checks, and each day's last of the 90 days before."),
  }),
  ModelDriftSettings: driftSettings.extend({ model: z.enum(modelNames) }),
  ModelDriftSettingsRequest: z.strictObject({
    trainOnDrift: z.boolean().optional().describe('Queues a training when the champion has drifted, at most one a day; false when absent.'),
    psiLimit: z.number().min(0.1).max(2).nullable().optional().describe('Population stability index; as usual, 0.25, when null or absent.'),
    ksLimit: z.number().min(0.05).max(0.5).nullable().optional().describe('Kolmogorov–Smirnov distance; as usual, 0.15, when null or absent.'),
  }),
  Federation: z.object({
    model: z.enum(modelNames),
    joined: z.boolean().describe("Whether the tenant's model is averaged with others'."),
    joinedAt: time.nullable(),
    epsilonMax: z.number().nullable().describe('What all its rounds together may come to; null: anything.'),
    nextAt: time.nullable().describe('When averaging is due next; null: never, or not while nobody has joined.'),
    terms: federationTerms.extend({ membersMin: number }).describe('Of the next run.'),
    privacy: z
      .object({ epsilon: z.number().nullable(), delta: z.number(), rounds: count })
      .describe('What everything it ever took part in has come to: whether it took part changes the odds of any outcome at most e^epsilon-fold, but with probability delta. Null: nothing is guaranteed.'),
    runs: z
      .array(
        z.object({
          id: z.string(),
          status: z.enum(['running', 'finished', 'failed']),
          share: z.enum(['taking-part', 'finished', 'left-out']).describe("The tenant's part in it."),
          reason: z.string().nullable().describe('Why it was left out.'),
          rounds: count.describe('That it took part in.'),
          roundsDone: count,
          version: number.nullable().describe('The candidate that it has of it.'),
          terms: federationTerms,
          startedAt: time,
          finishedAt: time.nullable(),
        }),
      )
      .describe('Those it was a member for, the latest first.'),
  }),
  FederationRequest: z.strictObject({
    epsilonMax: z.number().gt(0).max(500).nullable().optional().describe('Leaves the tenant out of a run that would take its rounds together beyond this; anything goes when absent.'),
  }),
  TrainingRun: trainingRun,
  TrainingRunPage: z.object({ items: z.array(trainingRun), next: z.string().nullable().describe('Cursor of the page after this one.') }),
  TrainingSchedule: trainingSchedule,
  TrainingScheduleList: z.object({ items: z.array(trainingSchedule) }),
  TrainingScheduleRequest: z.strictObject({
    cron: z.string().max(100).describe('Five fields: minute, hour, day, month, day of week; at most once an hour.'),
    timeZone: z.string().max(64).optional().describe('Of the IANA database; UTC when absent.'),
    periodDays: z.number().int().min(1).max(366).optional(),
  }),
  Label: label,
  LabelPage: z.object({ items: z.array(label), next: z.string().nullable().describe('Cursor of the page after this one.') }),
  LabelRequest: z.strictObject({ eventId: z.string().max(256), verdict, note: z.string().max(2_000).optional() }),
  ModelTrainingRun: z.object({ model: z.enum(modelNames), runId: z.string() }),
} as const satisfies Record<string, z.ZodType>
