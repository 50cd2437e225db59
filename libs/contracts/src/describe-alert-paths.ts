import { alertStatuses } from './alert-changed.ts'
import { answer, json, pageParameters, pathId, problems, query } from './openapi-parts.ts'
import { severities } from './severity.ts'

const yaml = (description: string): object => ({
  description,
  headers: { 'x-request-id': { $ref: '#/components/headers/RequestId' }, etag: { description: 'Names the version.', schema: { type: 'string' } } },
  content: { 'application/yaml': { schema: { type: 'string' } } },
})
const body = (shape: Parameters<typeof json>[0]) => ({ required: true, content: json(shape) })
const receiverName = { name: 'name', in: 'path', required: true, schema: { type: 'string', maxLength: 256 } }

/** Alerts, who is told of them, and who isn't. */
export const alertPaths = {
  '/v1/alerts': {
    get: {
      operationId: 'listAlerts',
      tags: ['alerts'],
      summary: 'Alerts, newest first',
      parameters: [
        ...pageParameters,
        query('status', 'Only these.', { type: 'string', enum: [...alertStatuses] }),
        query('violationId', 'Of this violation.'),
        query('subject', 'About this viewer.'),
        query('rule', 'Of this rule, or this label `alertname`.'),
        query('severity', 'Only these.', { type: 'string', enum: [...severities] }),
      ],
      responses: { 200: answer('A page.', 'AlertPage'), ...problems(400) },
    },
    post: {
      operationId: 'postAlerts',
      tags: ['alerts'],
      summary: "Alerts of the tenant's own programs, in the shape of Alertmanager's API v2; told again before they end, they go on",
      requestBody: body('PostedAlerts'),
      responses: { 200: answer('They are kept.', 'PostedAlertsResult'), ...problems(400, 413) },
    },
  },
  '/v1/alerts/{id}': {
    get: { operationId: 'getAlert', tags: ['alerts'], summary: 'One alert', parameters: [pathId], responses: { 200: answer('The alert.', 'Alert'), ...problems(404) } },
  },
  '/v1/alerts/{id}:acknowledge': {
    post: {
      operationId: 'acknowledgeAlert',
      tags: ['alerts'],
      summary: 'Somebody takes care of it: no repeats, nobody else is called, until it ends',
      parameters: [pathId],
      requestBody: { content: json('AlertAcknowledgement') },
      responses: { 200: answer('The alert.', 'Alert'), ...problems(400, 404, 409) },
    },
  },
  '/v1/silences': {
    get: {
      operationId: 'listSilences',
      tags: ['silences'],
      summary: 'Silences, newest first',
      parameters: [...pageParameters, query('state', 'Only these.', { type: 'string', enum: ['pending', 'active', 'expired'] })],
      responses: { 200: answer('A page.', 'SilencePage'), ...problems(400) },
    },
    post: {
      operationId: 'createSilence',
      tags: ['silences'],
      summary: 'Nobody is told of alerts that match, for a while',
      requestBody: body('SilenceRequest'),
      responses: { 201: answer('The silence.', 'Silence'), ...problems(400, 409, 413) },
    },
  },
  '/v1/silences:snooze': {
    post: {
      operationId: 'snooze',
      tags: ['silences'],
      summary: 'Nobody is told of one viewer for a while, or of what one rule says of them',
      requestBody: body('SnoozeRequest'),
      responses: { 201: answer('The silence that does it.', 'Silence'), ...problems(400, 409, 413) },
    },
  },
  '/v1/silences/{id}': {
    get: { operationId: 'getSilence', tags: ['silences'], summary: 'One silence', parameters: [pathId], responses: { 200: answer('The silence.', 'Silence'), ...problems(404) } },
    patch: {
      operationId: 'changeSilence',
      tags: ['silences'],
      summary: 'Moves its times; where `If-Match` names a version, only if nobody has changed it since',
      parameters: [pathId],
      requestBody: body('SilenceChange'),
      responses: { 200: answer('The silence as it is now.', 'Silence'), ...problems(400, 404, 409, 412, 413) },
    },
    delete: { operationId: 'expireSilence', tags: ['silences'], summary: 'Ends it now; it stays in the list', parameters: [pathId], responses: { 200: answer('The silence.', 'Silence'), ...problems(404) } },
  },
  '/v1/alerting/configuration': {
    get: { operationId: 'getAlertingConfiguration', tags: ['alerting'], summary: 'The configuration in force, without its secrets', responses: { 200: yaml("Alertmanager's language."), ...problems() } },
    put: {
      operationId: 'putAlertingConfiguration',
      tags: ['alerting'],
      summary: 'Replaces the configuration after checking it; `errors` name line and column',
      requestBody: { required: true, content: { 'application/yaml': { schema: { type: 'string', maxLength: 262_144 } } } },
      responses: { 200: yaml('It is in force.'), ...problems(400, 412, 413) },
    },
  },
  '/v1/routes': {
    get: { operationId: 'getRoutes', tags: ['alerting'], summary: 'The routing tree, each route with what it has inherited', responses: { 200: answer('The root.', 'AlertRoute'), ...problems() } },
  },
  '/v1/routes:test': {
    post: { operationId: 'testRoutes', tags: ['alerting'], summary: 'Which routes an alert of these labels takes', requestBody: body('RouteTest'), responses: { 200: answer('The routes, in order.', 'RouteTestResult'), ...problems(400, 413) } },
  },
  '/v1/on-call': {
    get: { operationId: 'getOnCall', tags: ['alerting'], summary: 'Who is on call, and the shifts of the next seven days', responses: { 200: answer('Every schedule.', 'OnCallList'), ...problems() } },
  },
  '/v1/receivers': {
    get: { operationId: 'listReceivers', tags: ['alerting'], summary: 'The receivers of the configuration, and how they fare', responses: { 200: answer('All of them.', 'ReceiverList'), ...problems() } },
  },
  '/v1/receivers/{name}:enable': {
    post: { operationId: 'enableReceiver', tags: ['alerting'], summary: 'Sends to a receiver again that was disabled', parameters: [receiverName], responses: { 200: answer('The receiver.', 'Receiver'), ...problems(404) } },
  },
  '/v1/receivers/{name}:test': {
    post: { operationId: 'testReceiver', tags: ['alerting'], summary: 'Sends a receiver a message that says it is a test', parameters: [receiverName], responses: { 202: answer('It is queued; `/v1/deliveries` tells what became of it.', 'Receiver'), ...problems(404) } },
  },
}
