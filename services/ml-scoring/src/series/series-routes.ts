import type { TenantDirectory } from '@ott/auth/tenant-directory'
import { authenticate, tenantOf } from '@ott/http/authenticate'
import { invalidRequest, Problem } from '@ott/http/problem'
import { queryText, shortText } from '@ott/http/query-text'
import type { Database, Sql } from '@ott/postgres/database'
import type { Express, Request } from 'express'
import { countWeeksMax, readSeriesCounts } from './series-count-store.ts'
import { hourMs } from './series-tally.ts'
import { listAnomalies, listSeries, type ShownSeries } from './series-watch-store.ts'
import { shownAnomaly, shownSeries, timeOf } from './shown-series.ts'
import { usualInHour } from './watch-hour.ts'

export interface SeriesRoutesOptions {
  readonly directory: Pick<TenantDirectory, 'findByKey' | 'isCaughtUp'>
  readonly database: Database
  nowMs(): number
}

const weeksShown = 2
const anomaliesShownMax = 100

/** `/v1/series`: what is counted of the caller's tenant by the hour, what is usual, and when it wasn't. */
export function addSeriesRoutes(app: Express, { directory, database, nowMs }: SeriesRoutesOptions): void {
  const authenticated = authenticate(directory)
  app.get('/v1/series', authenticated, async (_request, response) => {
    const { tenantId } = tenantOf(response)
    const series = await database.transaction([tenantId], (sql) => listSeries(sql, tenantId))
    response.json({ items: series.map(shownSeries) })
  })
  app.get('/v1/series/:name', authenticated, async (request, response) => {
    const { tenantId } = tenantOf(response)
    const weeks = weeksOf(request)
    const end = Math.floor(nowMs() / hourMs) + 1
    const [series, counts] = await database.transaction([tenantId], async (sql) => {
      const found = await seriesOf(sql, tenantId, request)
      const from = Math.max(found.firstHour, end - weeks * 168)
      return [found, { from, byHour: (await readSeriesCounts(sql, tenantId, [found.series], from, end)).get(found.series) }] as const
    })
    const hours = Array.from({ length: Math.max(0, end - counts.from) }, (_, index) => counts.from + index)
    response.json({
      ...shownSeries(series),
      hours: hours.map((hour) => ({ hour: timeOf(hour), count: counts.byHour?.get(hour) ?? 0, expected: series.state === null ? null : usualInHour(series.state, hour) })),
    })
  })
  app.get('/v1/series/:name/anomalies', authenticated, async (request, response) => {
    const { tenantId } = tenantOf(response)
    const anomalies = await database.transaction([tenantId], async (sql) => {
      const { series } = await seriesOf(sql, tenantId, request)
      return (await listAnomalies(sql, tenantId, [series], anomaliesShownMax)).get(series) ?? []
    })
    response.json({ items: anomalies.map(shownAnomaly) })
  })
}

async function seriesOf(sql: Sql, tenantId: string, request: Request): Promise<ShownSeries> {
  const name = shortText(String(request.params['name'])).toWellFormed()
  const [found] = await listSeries(sql, tenantId, name)
  if (found === undefined) throw new Problem(404, 'not-found', 'there is no series of this name: no event has been counted to it')
  return found
}

function weeksOf(request: Request): number {
  const text = queryText(request, 'weeks')
  if (text === undefined) return weeksShown
  const weeks = /^\d{1,2}$/.test(text) ? Number(text) : 0
  if (weeks < 1 || weeks > countWeeksMax) throw invalidRequest([{ field: 'weeks', problem: `must be a whole number from 1 to ${countWeeksMax}` }])
  return weeks
}
