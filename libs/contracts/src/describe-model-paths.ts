import { modelNames } from './model-configured.ts'
import { answer, json, pageParameters, pathId, problems, query } from './openapi-parts.ts'

const tags = ['models']
const name = { name: 'name', in: 'path', required: true, schema: { type: 'string', enum: [...modelNames] } }
const version = { name: 'version', in: 'path', required: true, schema: { type: 'integer', minimum: 1 } }
const ifMatch = { name: 'if-match', in: 'header', required: false, description: 'The ETag of the model: refused when somebody has changed it since.', schema: { type: 'string' } }
const etag = { etag: { description: 'The sequence of the model; may be sent as If-Match.', schema: { type: 'string' } } }
const withEtag = (description: string, shape: 'Model' | 'ModelVersion') => {
  const { headers, ...rest } = answer(description, shape) as { headers: object }
  return { ...rest, headers: { ...headers, ...etag } }
}
const change = (operationId: string, summary: string, parameters: readonly object[], body: 'ModelTransitionRequest' | 'ModelPromotionRequest' = 'ModelTransitionRequest') => ({
  post: {
    operationId,
    tags,
    summary,
    parameters: [...parameters, ifMatch],
    requestBody: { required: false, content: json(body) },
    responses: { 200: withEtag('The version as it is now.', 'ModelVersion'), ...problems(400, 404, 409, 412, 413, 415) },
  },
})

/** Models: versions, promotions, and what challengers would have said. */
export const modelPaths = {
  '/v1/models': {
    get: { operationId: 'listModels', tags, summary: "The tenant's models", responses: { 200: answer('All of them.', 'ModelList'), ...problems() } },
  },
  '/v1/models/{name}': {
    get: { operationId: 'getModel', tags, summary: 'One model with its history, and what serves it', parameters: [name], responses: { 200: withEtag('The model.', 'Model'), ...problems(404) } },
  },
  '/v1/models/{name}/metrics': {
    get: {
      operationId: 'getModelMetrics',
      tags,
      summary: 'What champion and challengers were measured at, and how they agree',
      parameters: [name],
      responses: { 200: answer('Of those that are served.', 'ModelMetrics'), ...problems(404) },
    },
  },
  '/v1/models/{name}:train': {
    post: {
      operationId: 'trainModel',
      tags,
      summary: 'Begins to train a model; its version comes as a candidate',
      parameters: [name],
      requestBody: { required: false, content: json('ModelTrainingRequest') },
      responses: { 202: answer('It is taken on.', 'ModelTrainingRun'), ...problems(400, 404, 409, 413, 415, 429) },
    },
  },
  '/v1/models/{name}:rollback': change('rollBackModel', 'Makes the champion before the present one champion again', [name]),
  '/v1/models/{name}/versions': {
    get: {
      operationId: 'listModelVersions',
      tags,
      summary: 'Versions of a model, newest first',
      parameters: [name, ...pageParameters, query('status', 'Only these.', { type: 'string', enum: ['candidate', 'challenger', 'champion', 'retired'] })],
      responses: { 200: answer('A page.', 'ModelVersionPage'), ...problems(400, 404) },
    },
  },
  '/v1/models/{name}/versions/{version}': {
    get: { operationId: 'getModelVersion', tags, summary: 'One version with its history', parameters: [name, version], responses: { 200: withEtag('The version.', 'ModelVersion'), ...problems(404) } },
  },
  '/v1/models/{name}/versions/{version}/comparison': {
    get: {
      operationId: 'compareModelVersion',
      tags,
      summary: "How a challenger's scores differ from the champion's on the same events",
      parameters: [name, version],
      responses: { 200: answer('The comparison as it stands.', 'ModelComparison'), ...problems(404) },
    },
  },
  '/v1/models/{name}/versions/{version}:challenge': change('challengeModelVersion', 'Lets it score every event beside the champion; nothing of it counts', [name, version]),
  '/v1/models/{name}/versions/{version}:promote': change('promoteModelVersion', 'Makes it the champion, when it validates no worse than the present one', [name, version], 'ModelPromotionRequest'),
  '/v1/models/{name}/versions/{version}:retire': change('retireModelVersion', 'Takes a challenger or candidate out', [name, version]),
  '/v1/models/{name}/drift': {
    get: {
      operationId: 'getModelDrift',
      tags,
      summary: 'How far what the champion meets is from what it was trained on',
      parameters: [name, pageParameters[0]!],
      responses: { 200: answer('The latest looks, and what the tenant set.', 'ModelDrift'), ...problems(400, 404) },
    },
  },
  '/v1/models/{name}/drift-settings': {
    put: {
      operationId: 'setModelDriftSettings',
      tags,
      summary: 'Says from when on a model has drifted, and what follows then; what is left out becomes as usual',
      parameters: [name],
      requestBody: { required: true, content: json('ModelDriftSettingsRequest') },
      responses: { 200: answer('As it is now.', 'ModelDriftSettings'), ...problems(400, 404, 413, 415) },
    },
  },
  '/v1/models/{name}/federation': {
    get: {
      operationId: 'getModelFederation',
      tags,
      summary: "Whether the model is averaged with other tenants', and what that has told of this one",
      parameters: [name],
      responses: { 200: answer('As it stands.', 'Federation'), ...problems(404) },
    },
    put: {
      operationId: 'joinModelFederation',
      tags,
      summary: "Lets weights learned from the tenant's events be averaged with others'; events go nowhere",
      parameters: [name],
      requestBody: { required: true, content: json('FederationRequest') },
      responses: { 200: answer('As it is now.', 'Federation'), ...problems(400, 404, 413, 415) },
    },
    delete: {
      operationId: 'leaveModelFederation',
      tags,
      summary: 'Takes no further part; what was averaged already stays so',
      parameters: [name],
      responses: { 204: { description: 'It has left.' }, ...problems(404) },
    },
  },
  '/v1/training-runs': {
    get: {
      operationId: 'listTrainingRuns',
      tags,
      summary: 'Training runs, newest first',
      parameters: [...pageParameters, query('model', 'Of this model.')],
      responses: { 200: answer('A page.', 'TrainingRunPage'), ...problems(400) },
    },
  },
  '/v1/training-runs/{id}': {
    get: { operationId: 'getTrainingRun', tags, summary: 'How far a training is, and what came of it', parameters: [pathId], responses: { 200: answer('The run.', 'TrainingRun'), ...problems(404) } },
  },
  '/v1/training-runs/{id}:cancel': {
    post: {
      operationId: 'cancelTrainingRun',
      tags,
      summary: 'Ends a training that waits or runs; one that has ended stays as it is',
      parameters: [pathId],
      responses: { 200: answer('The run.', 'TrainingRun'), ...problems(404) },
    },
  },
  '/v1/training-schedules': {
    get: { operationId: 'listTrainingSchedules', tags, summary: 'Which models are trained by themselves, and when', responses: { 200: answer('All of them.', 'TrainingScheduleList'), ...problems() } },
  },
  '/v1/training-schedules/{name}': {
    put: {
      operationId: 'setTrainingSchedule',
      tags,
      summary: 'Trains a model by itself from now on',
      parameters: [name],
      requestBody: { required: true, content: json('TrainingScheduleRequest') },
      responses: { 200: answer('The schedule.', 'TrainingSchedule'), ...problems(400, 404, 413, 415) },
    },
    delete: { operationId: 'removeTrainingSchedule', tags, summary: 'Trains a model on request only', parameters: [name], responses: { 204: { description: 'It is gone.' }, ...problems(404) } },
  },
  '/v1/labels': {
    get: { operationId: 'listLabels', tags, summary: 'What people said of scored events, the latest first', parameters: pageParameters, responses: { 200: answer('A page.', 'LabelPage'), ...problems(400) } },
    post: {
      operationId: 'labelEvent',
      tags,
      summary: 'Says whether behaviour was what its score made it seem; models learn from it',
      requestBody: { required: true, content: json('LabelRequest') },
      responses: { 201: answer('The label; of two of one event the later holds.', 'Label'), ...problems(400, 404, 413, 415) },
    },
  },
}
