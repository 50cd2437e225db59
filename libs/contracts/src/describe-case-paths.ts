import { answer, json, pageParameters, pathId, problems, query } from './openapi-parts.ts'
import { severities } from './severity.ts'
import { violationStatuses } from './violation-changed.ts'

const tags = ['violations']
const ifMatch = { name: 'if-match', in: 'header', required: false, description: 'The ETag that was seen: refused when somebody or something has changed it since.', schema: { type: 'string' } }
const etag = { etag: { description: 'May be sent as If-Match.', schema: { type: 'string' } } }
const withEtag = (description: string, shape: 'Violation' | 'ViolationSettings') => {
  const { headers, ...rest } = answer(description, shape) as { headers: object }
  return { ...rest, headers: { ...headers, ...etag } }
}
const yesOrNo = { type: 'string', enum: ['true', 'false'] }

const move = (operationId: string, summary: string, body: 'ViolationActionRequest' | 'ViolationReopenRequest' = 'ViolationActionRequest') => ({
  post: {
    operationId,
    tags,
    summary,
    description: 'To be there already changes nothing.',
    parameters: [pathId, ifMatch],
    requestBody: { required: body === 'ViolationReopenRequest', content: json(body) },
    responses: { 200: withEtag('The violation as it is now.', 'Violation'), ...problems(400, 404, 409, 412, 413, 415) },
  },
})

const page = (operationId: string, summary: string, shape: 'ViolationEvidencePage' | 'ViolationChangePage' | 'ViolationCommentPage') => ({
  operationId,
  tags,
  summary,
  parameters: [pathId, ...pageParameters],
  responses: { 200: answer('A page.', shape), ...problems(400, 404) },
})

/** Violations, and what people do with them. */
export const casePaths = {
  '/v1/violations': {
    get: {
      operationId: 'listViolations',
      tags,
      summary: 'Violations, newest first',
      parameters: [
        ...pageParameters,
        query('status', 'Only these.', { type: 'string', enum: [...violationStatuses] }),
        query('rule', 'Of this rule.'),
        query('subject', 'Of this viewer.'),
        query('severity', 'Only these.', { type: 'string', enum: [...severities] }),
        query('assignee', 'That this person takes care of.'),
        query('overdue', 'Whether one of its clocks ran out before somebody acted.', yesOrNo),
        query('ongoing', 'Whether evidence still prolongs it.', yesOrNo),
      ],
      responses: { 200: answer('A page.', 'ViolationPage'), ...problems(400) },
    },
  },
  '/v1/violations/settings': {
    get: { operationId: 'getViolationSettings', tags, summary: 'How grave violations are taken to be, and until when somebody has to act', responses: { 200: withEtag('The settings.', 'ViolationSettings'), ...problems() } },
    put: {
      operationId: 'setViolationSettings',
      tags,
      summary: 'Replaces the settings as a whole; they hold for evidence to come',
      parameters: [ifMatch],
      requestBody: { required: true, content: json('ViolationSettingsRequest') },
      responses: { 200: withEtag('As they are now.', 'ViolationSettings'), ...problems(400, 412, 413, 415) },
    },
  },
  '/v1/violations/{id}': {
    get: {
      operationId: 'getViolation',
      tags,
      summary: 'One violation with its evidence',
      parameters: [pathId],
      responses: { 200: withEtag('The violation.', 'Violation'), ...problems(404) },
    },
    patch: {
      operationId: 'changeViolation',
      tags,
      summary: 'Assigns it, or says how grave it is, which then holds whatever evidence comes',
      parameters: [pathId, ifMatch],
      requestBody: { required: true, content: json('ViolationPatch') },
      responses: { 200: withEtag('The violation as it is now.', 'Violation'), ...problems(400, 404, 412, 413, 415) },
    },
  },
  '/v1/violations/{id}/evidence': { get: page('listViolationEvidence', 'Every piece of its evidence, in the order of event time', 'ViolationEvidencePage') },
  '/v1/violations/{id}/history': { get: page('listViolationHistory', 'Who or what changed it, when and why, from its opening on', 'ViolationChangePage') },
  '/v1/violations/{id}/comments': {
    get: page('listViolationComments', 'What people said of it, the oldest first', 'ViolationCommentPage'),
    post: {
      operationId: 'commentOnViolation',
      tags,
      summary: 'Says something of it, which stays as it is',
      parameters: [pathId],
      requestBody: { required: true, content: json('ViolationCommentRequest') },
      responses: { 201: answer('The comment.', 'ViolationComment'), ...problems(400, 404, 413, 415) },
    },
  },
  '/v1/violations/{id}:acknowledge': move('acknowledgeViolation', 'Somebody has seen it and takes care of it'),
  '/v1/violations/{id}:review': move('reviewViolation', 'Somebody looks into it'),
  '/v1/violations/{id}:resolve': move('resolveViolation', 'It was what it seemed, and is dealt with: models learn so'),
  '/v1/violations/{id}:false-positive': move('markViolationFalsePositive', "It wasn't what it seemed: models learn so"),
  '/v1/violations/{id}:reopen': move('reopenViolation', 'Opens again what was closed; its clocks begin anew', 'ViolationReopenRequest'),
}
