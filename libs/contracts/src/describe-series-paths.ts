import { answer, problems, query } from './openapi-parts.ts'

const tags = ['series']
const name = { name: 'name', in: 'path', required: true, schema: { type: 'string', maxLength: 128 } }

/** Series: what is counted by the hour, and when it was unlike itself. */
export const seriesPaths = {
  '/v1/series': {
    get: { operationId: 'listSeries', tags, summary: "The tenant's hourly series", responses: { 200: answer('All of them; there is room for 129.', 'SeriesList'), ...problems() } },
  },
  '/v1/series/{name}': {
    get: {
      operationId: 'getSeries',
      tags,
      summary: 'The counts of one series with what is usual',
      parameters: [name, query('weeks', 'Goes back so far.', { type: 'integer', minimum: 1, maximum: 26, default: 2 })],
      responses: { 200: answer('The series.', 'Series'), ...problems(400, 404) },
    },
  },
  '/v1/series/{name}/anomalies': {
    get: { operationId: 'listSeriesAnomalies', tags, summary: 'When a series was unlike itself', parameters: [name], responses: { 200: answer('The latest.', 'SeriesAnomalyList'), ...problems(404) } },
  },
}
