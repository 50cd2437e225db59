import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from '@jest/globals'
import { describeViewerEvent, type JsonSchema } from '@ott/contracts/describe-json-schema'
import { isViewerEventType, type ViewerEventType } from '@ott/contracts/viewer-event-types'
import { serviceNames } from '@ott/local/ports'
import { anEvent, eventually, type Installation } from './installation.ts'

interface PrivacyField {
  readonly event: string
  readonly field: string
}

const personalFields = JSON.parse(
  await readFile(fileURLToPath(new URL('../../libs/contracts/generated/privacy-fields.json', import.meta.url)), 'utf8'),
) as PrivacyField[]
const eventTypes = [...new Set(personalFields.map(({ event }) => event))].filter(isViewerEventType)

/** Values that can come from nowhere else. Every other personal text begins with the mark. */
const mark = 'Xq7Planted'
const ip = '203.0.113.177'
const location = { latitude: 47.1234567, longitude: -122.7654321 }
const unmistakable = [mark, ip, String(location.latitude), String(location.longitude).slice(1)]

/** What makes an event break a rule, so that findings, violations and alerts are told of it, too. */
const breaking: Readonly<Record<string, Record<string, unknown>>> = {
  'com.ott.personal-data.accessed.v1': { actorRole: 'employee', records: 9_000 },
  'com.ott.personal-data.exported.v1': { actorRole: 'employee', records: 9_000, destinationCountry: 'RU' },
  'com.ott.viewing-history.shared.v1': { recipient: 'adnet', country: 'US' },
  'com.ott.ad.impression.v1': { campaignId: 'c', personalised: true, consent: { ads: false } },
  'com.ott.api.requested.v1': { method: 'GET', status: 500 },
}

/** A value that a schema takes; texts carry the mark when the field is personal. */
function valueOf(name: string, schema: JsonSchema, isPersonal: boolean): unknown {
  if (name === 'ip') return ip
  if (name === 'location') return location
  const { enum: choices, type, items, format, maximum } = schema as JsonSchema & { enum?: unknown[]; type?: string; items?: JsonSchema; maximum?: number }
  if (choices !== undefined) return choices[0]
  if (type === 'boolean') return true
  if (type === 'array') return [valueOf(name, items ?? {}, isPersonal)]
  if (format === 'date-time') return '2026-01-31T20:00:00Z'
  if (type === 'string') return isPersonal ? `${mark}-${name}` : 'x'
  return Math.min(100, maximum ?? 100)
}

/** An event of a type with every field planted that its contract tags. */
function planted(type: string, id: string): Record<string, unknown> {
  const { properties = {}, required = [] } = describeViewerEvent(type as ViewerEventType).schema.properties?.['data'] as JsonSchema & { required?: string[] }
  const personal = new Set(personalFields.filter(({ event }) => event === type).map(({ field }) => field))
  const data = Object.entries(properties)
    .filter(([name]) => personal.has(`data.${name}`) || required.includes(name))
    .map(([name, schema]) => [name, valueOf(name, schema, personal.has(`data.${name}`))] as const)
  return anEvent(id, { type, subject: `${mark}-${type}`, data: { country: 'DE', ...Object.fromEntries(data), ...breaking[type] } })
}

/** Personal data stay out of logs and metrics, whatever becomes of the event. */
export function describePrivacy(installation: () => Installation): void {
  describe('personal data', () => {
    test('every field that a contract tags stays out of every log and every metric, whether its event is taken or refused', async () => {
      const { acme, dataDir, metricsOf } = installation()
      expect(eventTypes.length).toBeGreaterThanOrEqual(13)
      const valid = eventTypes.map((type, n) => planted(type, `private-${n}`))
      expect(await acme.post(valid)).toMatchObject({ status: 202 })
      for (const event of valid) await acme.decisionOf(String(event['id']))

      const broken = eventTypes.flatMap((type, n) => {
        const event = planted(type, `broken-${n}`)
        const data = event['data'] as Record<string, unknown>
        return [
          { ...event, time: `${mark}-time` },
          { ...event, data: { ...data, ip: `${mark}-ip`, country: `${mark}-country` } },
          { ...event, data: { ...data, extra: `${mark}-\u0000` } },
          ...Object.keys(data).map((field) => ({ ...event, data: { ...data, [field]: { wrong: `${mark}-wrong` } } })),
        ]
      })
      for (let start = 0; start < broken.length; start += 500) expect((await acme.post(broken.slice(start, start + 500))).status).toBe(400)
      for (const text of [`{"subject":"${mark}`, `"${mark}"`, `[${mark}]`]) expect((await acme.post(text)).status).toBe(400)
      for (const event of broken) await acme.publish(JSON.stringify(event), {}, `${mark}-key`)
      await acme.publish(`{"subject":"${mark}`, { ce_id: mark }, mark)
      await acme.publish(JSON.stringify(planted('com.ott.playback.started.v1', 'private-last')), {}, `${mark}-key`)
      await acme.decisionOf('private-last')
      for (const path of [`/v1/violations?subject=${mark}`, `/v1/events/${mark}`, `/v1/violations/${mark}`, `/v1/${mark}`, `/v1/alerts?cursor=${mark}`]) await acme.get(path)
      await acme.ask('PATCH', '/v1/tenant', { webhook: { url: `http://127.0.0.1:1/${mark}` } })
      await acme.post(planted('com.ott.viewing-history.shared.v1', 'private-hook'))
      await acme.decisionOf('private-hook')
      await acme.ask('PATCH', '/v1/tenant', { webhook: null })
      await eventually('the books to close', async () => (await acme.get('/v1/ledger')).body['inFlight'] === 0)

      const logFiles = await readdir(join(dataDir, 'logs'))
      expect(logFiles.length).toBeGreaterThanOrEqual(serviceNames.length + 1)
      const texts = await Promise.all([
        ...logFiles.map(async (file) => [file, await readFile(join(dataDir, 'logs', file), 'utf8')] as const),
        ...serviceNames.map(async (name) => [`${name} metrics`, await metricsOf(name)] as const),
      ])
      const leaks = texts.flatMap(([where, text]) => text.split('\n').filter((line) => unmistakable.some((value) => line.includes(value))).map((line) => `${where}: ${line}`))
      expect(leaks.slice(0, 10)).toEqual([])
      // The search would find them: the logs do tell of these very events.
      expect(texts.find(([where]) => where === 'ingest.log')?.[1]).toContain('breaks_contract')
    })
  })
}
