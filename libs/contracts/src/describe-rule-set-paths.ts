import { answer, json, pageParameters, pathId, problems, query, ref } from './openapi-parts.ts'

const definitionBody = {
  required: true,
  content: { ...json('RuleSetDefinition'), 'application/yaml': { schema: ref('RuleSetDefinition') } },
}
const etag = { etag: { description: 'The revision; send it as If-Match to change the draft.', schema: { type: 'string' } } }
const ruleSetAnswer = (description: string) => {
  const { headers, ...rest } = answer(description, 'RuleSet') as { headers: object }
  return { ...rest, headers: { ...headers, ...etag } }
}
const transition = (operationId: string, summary: string, more: object = {}) => ({
  post: { operationId, tags: ['rules'], summary, parameters: [pathId], ...more, responses: { 200: ruleSetAnswer('The rule set as it is now.'), ...problems(400, 404, 409, 413, 415, 422) } },
})

/** Packs, rule sets and API keys. */
export const ruleSetPaths = {
  '/v1/regulations': {
    get: { operationId: 'listRegulations', tags: ['rules'], summary: 'The packs that come with the product', responses: { 200: answer('All of them.', 'RegulationList'), ...problems() } },
  },
  '/v1/regulations/{id}': {
    get: {
      operationId: 'getRegulation',
      tags: ['rules'],
      summary: 'One pack with its rules, what they cite and where that can be read',
      parameters: [pathId],
      responses: { 200: answer('The pack.', 'Regulation'), ...problems(404) },
    },
  },
  '/v1/rules': {
    get: {
      operationId: 'listRules',
      tags: ['rules'],
      summary: 'Rules of the packs that match all that is named',
      parameters: [query('regulation', 'Of this pack.'), query('eventType', 'That look at such events.'), query('country', 'That can apply to a viewer there: ISO 3166-1.')],
      responses: { 200: answer('All that match.', 'RegulationRuleList'), ...problems() },
    },
  },
  '/v1/rules/{id}': {
    get: { operationId: 'getRule', tags: ['rules'], summary: 'One rule of the packs', parameters: [pathId], responses: { 200: answer('The rule.', 'RegulationRule'), ...problems(404) } },
  },
  '/v1/rulesets': {
    get: {
      operationId: 'listRuleSets',
      tags: ['rules'],
      summary: "The tenant's rule sets, newest first",
      parameters: [...pageParameters, query('status', 'Only these.', { type: 'string', enum: ['draft', 'shadow', 'published', 'retired'] })],
      responses: { 200: answer('A page.', 'RuleSetPage'), ...problems(400) },
    },
    post: {
      operationId: 'createRuleSet',
      tags: ['rules'],
      summary: 'Keeps a new draft, also one whose rules do not compile yet',
      requestBody: definitionBody,
      responses: { 201: ruleSetAnswer('The draft; `Location` is where it is.'), ...problems(400, 409, 413, 415) },
    },
  },
  '/v1/rulesets/{id}': {
    get: { operationId: 'getRuleSet', tags: ['rules'], summary: 'One rule set with its audit trail', parameters: [pathId], responses: { 200: ruleSetAnswer('The rule set.'), ...problems(404) } },
    put: {
      operationId: 'changeRuleSet',
      tags: ['rules'],
      summary: 'Replaces the definition of a draft, which ends its approval',
      parameters: [pathId, { name: 'if-match', in: 'header', required: true, description: 'The ETag of the draft.', schema: { type: 'string' } }],
      requestBody: definitionBody,
      responses: { 200: ruleSetAnswer('The draft as it is now.'), ...problems(400, 404, 409, 412, 413, 415, 428) },
    },
  },
  '/v1/rulesets/{id}:check': {
    post: {
      operationId: 'checkRuleSet',
      tags: ['rules'],
      summary: 'Everything that can be found wrong with it before an event meets it; nothing is kept',
      parameters: [pathId],
      responses: { 200: answer('What was found.', 'RuleSetCheck'), ...problems(404) },
    },
  },
  '/v1/rulesets/{id}:shadow': transition('shadowRuleSet', 'Lets a draft judge every event beside the rules in force; nothing it finds counts'),
  '/v1/rulesets/{id}:approve': transition('approveRuleSet', 'Approves it, with another API key than those that wrote it', { requestBody: { required: false, content: json('RuleSetApproval') } }),
  '/v1/rulesets/{id}:publish': transition('publishRuleSet', 'Puts it in force and retires the one before; a retired one comes back with the approval it had'),
  '/v1/rulesets/{id}:retire': transition('retireRuleSet', 'Takes it out of force; without another one the packs of the product are in force'),
  '/v1/tenant/keys': {
    get: { operationId: 'listApiKeys', tags: ['tenant'], summary: "The tenant's API keys by id, the oldest first", responses: { 200: answer('All of them.', 'ApiKeyList'), ...problems() } },
    post: {
      operationId: 'createApiKey',
      tags: ['tenant'],
      summary: 'Makes an API key, such as one for a second person',
      requestBody: { required: true, content: json('ApiKeyRequest') },
      responses: { 201: answer('The key, shown once.', 'NewApiKey'), ...problems(400, 409, 413, 415) },
    },
  },
  '/v1/tenant/keys/{id}': {
    delete: {
      operationId: 'deleteApiKey',
      tags: ['tenant'],
      summary: 'Ends an API key: neither the one that asks nor the only one',
      parameters: [pathId],
      responses: { 204: { description: 'It works no longer.' }, ...problems(404, 409) },
    },
  },
}
