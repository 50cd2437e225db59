import { describe, expect, test } from '@jest/globals'
import { ConnectorOptionMissing, type NumberedReading } from './connector.ts'
import { csv, CsvColumnMissing } from './csv.ts'
import { readCsvMapping, type CsvMapping } from './csv-mapping.ts'
import { recordLinesMax } from './csv-records.ts'

function mappingOf(mapping: object): CsvMapping {
  const read = readCsvMapping(JSON.stringify(mapping))
  if (!read.ok) throw new Error(JSON.stringify(read.problems))
  return read.value
}

const plays = { type: 'com.ott.playback.started.v1', subject: 'viewer', time: 'at', data: { contentId: 'content', title: 'title' } }
const header = 'viewer,at,content,title'

async function readAll(text: string, mapping: object = plays): Promise<NumberedReading[]> {
  const readings: NumberedReading[] = []
  // Chunks of seven bytes cut through cells, line breaks and characters.
  async function* chunks() {
    const bytes = Buffer.from(text)
    for (let i = 0; i < bytes.length; i += 7) yield bytes.subarray(i, i + 7)
  }
  for await (const reading of csv({ fileName: 'plays.csv', mapping: mappingOf(mapping) }).readings(chunks())) readings.push(reading)
  return readings
}

const outcomes = (readings: NumberedReading[]) =>
  readings.map(({ lineNumber, reading }) => [
    lineNumber,
    reading.kind === 'event' ? 'event' : [reading.reason, reading.field].filter(Boolean).join(' '),
  ])

describe('records', () => {
  test('a row becomes the event that the mapping describes', async () => {
    expect(await readAll(`\ufeff${header}\r\nann,2024-01-02T03:04:05Z,m-1,Größe\r\n`)).toEqual([
      {
        lineNumber: 2,
        reading: {
          kind: 'event',
          event: {
            specversion: '1.0',
            id: expect.stringMatching(/^[0-9a-f]{64}$/),
            source: 'urn:ott:replay:csv',
            type: 'com.ott.playback.started.v1',
            subject: 'ann',
            time: '2024-01-02T03:04:05Z',
            datacontenttype: 'application/json',
            data: { contentId: 'm-1', title: 'Größe' },
          },
        },
      },
    ])
  })

  test('quoted cells hold delimiters, quotes and line breaks, and a record is numbered by its first line', async () => {
    const readings = await readAll(`${header}\nann,2024-01-02T03:04:05Z,m-1,"a, ""b""\nand c"\nbob,2024-01-02T03:04:06Z,m-2,6" pipe\n`)
    expect(readings).toMatchObject([
      { lineNumber: 2, reading: { event: { data: { title: 'a, "b"\nand c' } } } },
      { lineNumber: 4, reading: { event: { subject: 'bob', data: { title: '6" pipe' } } } },
    ])
  })

  test('a quote that is never closed costs its own line only', async () => {
    const good = 'bob,2024-01-02T03:04:06Z,m-2,t'
    const many = Array.from({ length: recordLinesMax + 5 }, () => good)
    const kinds = outcomes(await readAll([header, 'ann,2024-01-02T03:04:05Z,m-1,"open', ...many].join('\n')))
    expect(kinds).toHaveLength(many.length + 1)
    expect(kinds.filter(([, kind]) => kind !== 'event')).toEqual([[2, 'unclosed-quote']])
    expect(outcomes(await readAll([header, good, '"open', good].join('\n')))).toEqual([[2, 'event'], [3, 'unclosed-quote'], [4, 'event']])
  })

  test('every record is accounted for, and what is unusable says why and where', async () => {
    const rows = [
      'ann,2024-01-02T03:04:05Z,m-1,t',
      '',
      'ann,2024-01-02T03:04:05Z,m-1',
      'ann,yesterday,m-1,t',
      'ann,,m-1,t',
      ',2024-01-02T03:04:05Z,m-1,t',
      'ann,2024-01-02T03:04:05Z,,t',
    ]
    expect(outcomes(await readAll([header, ...rows].join('\n')))).toEqual([
      [2, 'event'],
      [3, 'blank'],
      [4, 'column-count'],
      [5, 'breaks-contract time'],
      [6, 'bad-time time'],
      [7, 'breaks-contract subject'],
      [8, 'breaks-contract data.contentId'],
    ])
  })
})

describe('a mapping', () => {
  test('gives cells their kinds, nests dotted fields, and leaves empty cells out', async () => {
    const mapping = {
      typeColumn: 'what',
      types: { ad: 'com.ott.ad.impression.v1' },
      subject: 'who',
      time: { column: 'when', as: 'epoch-seconds' },
      id: 'key',
      source: 'urn:example:ads',
      delimiter: ';',
      data: {
        campaignId: { value: 'c-1' },
        personalised: { column: 'pers', as: 'boolean' },
        'location.latitude': { column: 'lat', as: 'number' },
        'location.longitude': { column: 'lon', as: 'number' },
        consent: { column: 'consent', as: 'json' },
        region: 'region',
      },
    }
    const text = [
      'what;who;when;key;pers;lat;lon;consent;region',
      'ad;ann;1700000000.5;k1;yes;52.5;-13.4;"{""ads"":true}";',
      'click;ann;1;k2;;;;;',
      'ad;ann;1;k3;maybe;;;;',
      'constructor;ann;1;k4;;;;;',
    ].join('\n')
    const readings = await readAll(text, mapping)
    expect(readings[0]?.reading).toEqual({
      kind: 'event',
      event: {
        specversion: '1.0',
        id: 'k1',
        source: 'urn:example:ads',
        type: 'com.ott.ad.impression.v1',
        subject: 'ann',
        time: '2023-11-14T22:13:20.500Z',
        datacontenttype: 'application/json',
        data: { campaignId: 'c-1', personalised: true, location: { latitude: 52.5, longitude: -13.4 }, consent: { ads: true } },
      },
    })
    expect(outcomes(readings).slice(1)).toEqual([[3, 'other-type type'], [4, 'not-a-boolean data.personalised'], [5, 'other-type type']])
  })

  test('takes a time without an offset for UTC only when told so', async () => {
    const text = `${header}\nann,2024-01-02 03:04,m-1,t`
    expect(outcomes(await readAll(text))).toEqual([[2, 'breaks-contract time']])
    const [reading] = await readAll(text, { ...plays, time: { column: 'at', as: 'utc' } })
    expect(reading).toMatchObject({ reading: { event: { time: '2024-01-02T03:04:00Z' } } })
  })

  test.each([
    [{ ...plays, subject: 7 }, 'subject'],
    [{ ...plays, type: 'com.ott.typo.v1' }, 'type'],
    [{ ...plays, typeColumn: 'what' }, 'type'],
    [{ ...plays, types: {} }, 'types'],
    [{ ...plays, data: { age: { column: 'age', as: 'integer' } } }, 'data.age'],
    [{ ...plays, data: { 'a..b': 'x' } }, 'data.a..b'],
    [{ ...plays, data: { location: 'x', 'location.latitude': 'y' } }, 'data.location.latitude'],
    [{ ...plays, extra: 1 }, '(body)'],
  ])('that is wrong is refused with the name of its field: %j', (mapping, field) => {
    const read = readCsvMapping(JSON.stringify(mapping))
    expect(read.ok ? [] : read.problems.map((problem) => problem.field)).toEqual([field])
  })

  test('for another file is refused with the name of its field, not answered with empty events', async () => {
    const missing = new CsvColumnMissing('data.contentId', 'the file has no column "content"')
    await expect(readAll('viewer,at,title\nann,x,y')).rejects.toThrow(missing)
    await expect(readAll(`${header},viewer\nann,x,y,z,q`)).rejects.toThrow('subject: the file has 2 columns "viewer"')
  })

  test('is needed', () => {
    expect(() => csv({ fileName: 'plays.csv' })).toThrow(ConnectorOptionMissing)
  })
})
