import { z } from 'zod'

const time = z.iso.datetime()
const count = z.number().int().min(0)

const series = z.object({
  name: z.string().describe('Kind of count, then whose: `events:all`, `sign-in-failures:country:de`, `accesses:plan:other`.'),
  since: time.describe('The hour of its first event.'),
  judgedUntil: time.nullable().describe('The end of the last hour that was judged.'),
  anomalousSince: time.nullable().describe('Null while it is as usual.'),
})

const anomaly = z.object({
  since: time,
  until: time.describe('The end of its last unlikely hour so far.'),
  isOpen: z.boolean(),
  direction: z.enum(['above', 'below']),
  model: z.string().describe('`hour-of-week`, `lstm-v3` for a forecast by that version of the model `seasonal`, or `own-surprise` before a season is known.'),
  likelihood: z.number().min(0).max(1).describe('Of its unlikeliest hour, as are the count and what was expected.'),
  count,
  expected: z.number().min(0),
  eventId: z.string().describe('Of the event by which it was told, as its source named it.'),
})

export const seriesShapes = {
  SeriesList: z.object({ items: z.array(series) }),
  Series: series.extend({
    hours: z
      .array(z.object({ hour: time, count, expected: z.number().min(0).nullable() }))
      .describe('Up to the present hour, which is not over. Expected is what is usual in that hour of the week by what is known now; null while too little is.'),
  }),
  SeriesAnomalyList: z.object({ items: z.array(anomaly).describe('The last hundred, the latest first.') }),
} as const satisfies Record<string, z.ZodType>
