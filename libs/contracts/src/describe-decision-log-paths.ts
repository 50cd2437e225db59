import { answer, pageParameters, pathId, problems, query } from './openapi-parts.ts'

const tags = ['decision log']
const sequence = (name: string, description: string) => query(name, description, { type: 'integer', minimum: 1 })

/** The decision log: that nothing of what was decided has changed since. */
export const decisionLogPaths = {
  '/v1/decision-log': {
    get: {
      operationId: 'listDecisionLog',
      tags,
      summary: "Entries of the tenant's log, the latest first",
      parameters: [...pageParameters, sequence('to', 'Only up to this sequence.')],
      responses: { 200: answer('A page.', 'DecisionLogPage'), ...problems(400) },
    },
  },
  '/v1/decision-log:verify': {
    get: {
      operationId: 'verifyDecisionLog',
      tags,
      summary: 'Checks the log, as far as three seconds go',
      parameters: [sequence('from', 'From this sequence on; 1 when absent.'), sequence('to', 'Up to this one. When absent all is checked, and that every processed event has an entry.'), pageParameters[1]!],
      responses: { 200: answer('What it came to.', 'DecisionLogVerification'), ...problems(400, 429) },
    },
  },
  '/v1/decision-log/checkpoints': {
    get: {
      operationId: 'listDecisionCheckpoints',
      tags,
      summary: 'Signed checkpoints, the latest first',
      parameters: [...pageParameters, sequence('to', 'Only up to this sequence.')],
      responses: { 200: answer('A page.', 'DecisionCheckpointPage'), ...problems(400) },
    },
  },
  '/v1/decision-log/keys': {
    get: { operationId: 'listDecisionLogKeys', tags, summary: 'The keys by which checkpoints are checked', responses: { 200: answer('All of them.', 'DecisionLogKeys'), ...problems() } },
  },
  '/v1/events/{id}/proof': {
    get: {
      operationId: 'getEventProof',
      tags,
      summary: 'All by which somebody else can see that an event was decided so',
      parameters: [pathId],
      responses: { 200: answer('The proof.', 'EventProof'), ...problems(404, 409) },
    },
  },
}
