import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from '@jest/globals'
import { eventFigures } from '@ott/anomaly/seasonal/event-metrics'
import { judgeSeries } from '@ott/anomaly/seasonal/judge-series'
import { readHourlySeries } from './read-hourly-series.ts'

/** Labelled series that lie beside the project and are no part of it. Without them these tests are skipped. */
const data = process.env['OTT_TEST_DATA'] ?? fileURLToPath(new URL('../../../shared/data', import.meta.url))
const folder = `${data}/seasonal`
const testWithSeries = existsSync(folder) ? test : test.skip

testWithSeries('where an event is likelier than none, the hour of the week alone judges 20 labelled series better than the bars', async () => {
  const { series, start, trainHours } = await readHourlySeries(folder)
  const judged = series.map(({ counts, events }) => ({
    scores: judgeSeries(counts, start).settled.slice(trainHours),
    events: events.map((event) => ({ start: event.start - trainHours, end: event.end - trainHours })),
  }))
  const { pointAccuracy, auc, eventF1, falseEventsPerSeriesWeek } = eventFigures(judged, 0)
  expect(pointAccuracy).toBeGreaterThanOrEqual(0.965)
  expect(auc).toBeGreaterThanOrEqual(0.975)
  expect(eventF1).toBeGreaterThanOrEqual(0.88)
  expect(falseEventsPerSeriesWeek).toBeLessThanOrEqual(0.1)
})
