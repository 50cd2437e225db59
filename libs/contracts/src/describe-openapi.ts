import { alertPaths } from './describe-alert-paths.ts'
import { apiShapes } from './api-shapes.ts'
import { casePaths } from './describe-case-paths.ts'
import { describeViewerEvents, jsonSchemaOf } from './describe-json-schema.ts'
import { decisionLogPaths } from './describe-decision-log-paths.ts'
import { modelPaths } from './describe-model-paths.ts'
import { ruleSetPaths } from './describe-rule-set-paths.ts'
import { seriesPaths } from './describe-series-paths.ts'
import { webhookPaths } from './describe-webhook-paths.ts'
import { answer, json, pageParameters, pathId, problemResponse, problems, problemStatuses, query, ref, type ProblemStatus } from './openapi-parts.ts'
import { stageNames } from './topics.ts'
import { traceparentPattern } from './traceparent.ts'

const requestTrace = { $ref: '#/components/parameters/Traceparent' }

/** Attributes of an event in binary mode, HTTP binding §3.1; the body is then its `data`. */
const binaryHeaders = ['specversion', 'id', 'source', 'type', 'subject', 'time'].map((attribute) => ({
  name: `ce-${attribute}`,
  in: 'header',
  description: `\`${attribute}\` in binary mode, percent-encoded; the body is then the event's \`data\`.`,
  schema: { type: 'string' },
}))

const eventPaths = {
  '/v1/events': {
    post: {
      operationId: 'postEvents',
      tags: ['events'],
      summary: 'Hands events over: one in structured or binary mode, or a batch',
      description: 'A 202 is sent only after the broker keeps every event. The same event twice (source and id) has its effects once.',
      parameters: [requestTrace, ...binaryHeaders],
      requestBody: {
        required: true,
        content: {
          'application/cloudevents+json': { schema: ref('ViewerEvent') },
          'application/cloudevents-batch+json': { schema: { type: 'array', minItems: 1, maxItems: 1_000, items: ref('ViewerEvent') } },
          'application/json': {
            schema: { description: "An event or an array of events; in binary mode the event's `data`.", type: ['object', 'array'] },
          },
        },
      },
      responses: {
        202: answer('Every event is kept.', 'EventResults'),
        207: answer('Some are kept; `results` says which.', 'EventResults'),
        ...problems(400, 403, 413, 415, 422),
      },
    },
  },
  '/v1/events/{id}': {
    get: {
      operationId: 'getEvent',
      tags: ['events'],
      summary: 'What became of an event, and why',
      parameters: [pathId],
      responses: { 200: answer('The decision.', 'EventDecision'), ...problems(404) },
    },
  },
  '/v1/ledger': {
    get: {
      operationId: 'getLedger',
      tags: ['events'],
      summary: 'What became of all events of the tenant',
      responses: { 200: answer('The ledger.', 'Ledger'), ...problems() },
    },
  },
}

const subjectPaths = {
  '/v1/subjects/{id}/attention': {
    get: {
      operationId: 'getSubjectAttention',
      tags: ['subjects'],
      summary: "Where the model of event sequences looks among a viewer's latest events, which isn't why it says what it says",
      parameters: [pathId],
      responses: { 200: answer('As of the last snapshot.', 'SubjectAttention'), ...problems(404) },
    },
  },
  '/v1/subjects/{id}/risk': {
    get: {
      operationId: 'getSubjectRisk',
      tags: ['subjects'],
      summary: 'How risky a viewer behaves, and what says so, as of some seconds ago',
      parameters: [pathId],
      responses: { 200: answer('The risk as of the last snapshot.', 'SubjectRisk'), ...problems(404) },
    },
  },
}

const operationPaths = {
  '/v1/dead-letters': {
    get: {
      operationId: 'listDeadLetters',
      tags: ['dead letters'],
      summary: 'Events that could not be worked on, oldest first',
      parameters: [
        ...pageParameters,
        query('stage', 'Given up by this stage.', { type: 'string', enum: [...stageNames] }),
        query('reason', 'For this reason.'),
        query('status', 'Only these.', { type: 'string', enum: ['dead', 'redriving', 'redriven'] }),
        query('eventId', 'Of this event.'),
      ],
      responses: { 200: answer('A page.', 'DeadLetterPage'), ...problems(400) },
    },
  },
  '/v1/dead-letters:redrive': {
    post: {
      operationId: 'redriveDeadLetters',
      tags: ['dead letters'],
      summary: 'Puts dead letters back where they came from, up to 1,000 at once',
      requestBody: { required: true, content: json('RedriveRequest') },
      responses: { 200: answer('How many.', 'RedriveResult'), ...problems(400, 413, 415) },
    },
  },
  '/v1/attack-findings': {
    get: {
      operationId: 'listAttackFindings',
      tags: ['attack findings'],
      summary: 'Events in which attacks were found on receipt, oldest first',
      parameters: [
        ...pageParameters,
        query('class', 'Of this class of attack.'),
        query('action', 'Only these.', { type: 'string', enum: ['marked', 'blocked'] }),
        query('eventId', 'Of this event.'),
      ],
      responses: { 200: answer('A page.', 'AttackFindingPage'), ...problems(400) },
    },
  },
  '/v1/tenant': {
    get: {
      operationId: 'getTenant',
      tags: ['tenant'],
      summary: "The caller's tenant",
      responses: { 200: answer('The tenant.', 'Tenant'), ...problems(404) },
    },
    patch: {
      operationId: 'changeTenant',
      tags: ['tenant'],
      summary: "Changes the caller's tenant; what is absent stays as it is",
      requestBody: { required: true, content: json('TenantChange') },
      responses: { 200: answer('The tenant as it is now.', 'Tenant'), ...problems(400, 404, 413, 415) },
    },
  },
}

const historyPaths = {
  '/v1/events/{id}/decision': {
    get: {
      operationId: 'explainEvent',
      tags: ['events'],
      summary: 'Every rule that applied to a processed event, fired or not, with the values it saw',
      parameters: [pathId],
      responses: { 200: answer('The explanation.', 'ExplainedDecision'), ...problems(404) },
    },
  },
  '/v1/rules:test': {
    post: {
      operationId: 'testRule',
      tags: ['rules'],
      summary: 'Tries one rule on an event, or on several; nothing is kept',
      requestBody: { required: true, content: json('RuleTrialRequest') },
      responses: { 200: answer('What the rule makes of them.', 'RuleTrial'), ...problems(400, 413, 415) },
    },
  },
  '/v1/rulesets/{id}:backtest': {
    post: {
      operationId: 'startBacktest',
      tags: ['rules'],
      summary: 'Judges a stored period by a rule set and by the live one, and reports what would differ',
      parameters: [pathId],
      requestBody: { required: true, content: json('BacktestRequest') },
      responses: { 202: answer('It waits for its turn; `Location` is where it tells of itself.', 'Backtest'), ...problems(400, 404, 413, 429) },
    },
  },
  '/v1/rulesets/{id}/shadow': {
    get: {
      operationId: 'getShadow',
      tags: ['rules'],
      summary: 'What a rule set decided otherwise while it ran beside the live one',
      parameters: [pathId],
      responses: { 200: answer('Counts and the first events of each difference.', 'ShadowDecisions'), ...problems(404) },
    },
  },
  '/v1/backtests': {
    get: {
      operationId: 'listBacktests',
      tags: ['rules'],
      summary: 'Backtests, newest first, without their reports',
      parameters: [...pageParameters, query('ruleSetId', 'Of this rule set.')],
      responses: { 200: answer('A page.', 'BacktestPage'), ...problems(400) },
    },
  },
  '/v1/backtests/{id}': {
    get: {
      operationId: 'getBacktest',
      tags: ['rules'],
      summary: 'How far a backtest is, and what it has found so far',
      parameters: [pathId],
      responses: { 200: answer('The backtest.', 'Backtest'), ...problems(404) },
    },
  },
  '/v1/backtests/{id}:cancel': {
    post: {
      operationId: 'cancelBacktest',
      tags: ['rules'],
      summary: 'Ends a backtest that waits or runs; one that has ended stays as it is',
      parameters: [pathId],
      responses: { 200: answer('The backtest.', 'Backtest'), ...problems(404) },
    },
  },
}

/** The REST addresses as an OpenAPI 3.1 document. */
export function describeOpenApi(): object {
  const viewerEvents = describeViewerEvents()
  const eventRef = (type: string) => `#/components/schemas/${type}`
  return {
    openapi: '3.1.0',
    info: {
      title: 'OTT Compliance',
      version: '1.0.0',
      description:
        'Hand events over, and read what was decided about them and why. Every error is a problem of RFC 9457 with a stable code.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: 'http://localhost:8080', description: 'A local installation.' }],
    security: [{ apiKey: [] }, { bearer: [] }],
    paths: { ...eventPaths, ...casePaths, ...subjectPaths, ...ruleSetPaths, ...historyPaths, ...modelPaths, ...seriesPaths, ...alertPaths, ...webhookPaths, ...decisionLogPaths, ...operationPaths },
    components: {
      securitySchemes: {
        apiKey: { type: 'apiKey', in: 'header', name: 'x-api-key' },
        bearer: { type: 'http', scheme: 'bearer', description: 'The API key as a bearer token.' },
      },
      parameters: {
        Limit: query('limit', 'Items of a page.', { type: 'integer', minimum: 1, maximum: 500, default: 50 }),
        Cursor: query('cursor', 'The `next` of the page before.', { type: 'string' }),
        Traceparent: {
          name: 'traceparent',
          in: 'header',
          description: 'W3C Trace Context; continued in every event that brings none of its own.',
          schema: { type: 'string', pattern: traceparentPattern.source },
        },
      },
      headers: { RequestId: { description: 'Names the request in the logs; a given one is kept.', schema: { type: 'string' } } },
      responses: Object.fromEntries(
        (Object.keys(problemStatuses).map(Number) as ProblemStatus[]).map((status) => [`Problem${status}`, problemResponse(status)]),
      ),
      schemas: {
        ...Object.fromEntries(Object.entries(apiShapes).map(([name, shape]) => [name, jsonSchemaOf(shape)])),
        ViewerEvent: {
          oneOf: viewerEvents.map(({ type }) => ({ $ref: eventRef(type) })),
          discriminator: { propertyName: 'type', mapping: Object.fromEntries(viewerEvents.map(({ type }) => [type, eventRef(type)])) },
        },
        ...Object.fromEntries(viewerEvents.map(({ type, schema }) => [type, schema])),
      },
    },
  }
}
