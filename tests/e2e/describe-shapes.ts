import { describe, expect, test } from '@jest/globals'
import { apiShapes } from '@ott/contracts/api-shapes'
import { aBreach, anEvent, eventually, type Installation } from './installation.ts'

/** What the addresses answer when all is well. */
export function describeShapes(installation: () => Installation): void {
  describe('shapes', () => {
    test('an event that breaks the law tells its outcome, stages, findings, risk, violations and alerts', async () => {
      const { acme } = installation()
      expect(await acme.post(aBreach('shape-1', { subject: 'shape-viewer' }))).toMatchObject({ status: 202, body: { results: [{ index: 0, id: 'shape-1', status: 'accepted' }] } })
      await acme.decisionOf('shape-1')
      const decision = await eventually('the alert', async () => {
        const { body } = await acme.get('/v1/events/shape-1')
        return (body['alerts'] as string[]).length > 0 && body
      })
      expect(apiShapes.EventDecision.strict().parse(decision)).toEqual(decision)
      expect(Object.keys(decision).sort()).toEqual(['alerts', 'findings', 'id', 'outcome', 'risk', 'stages', 'violations'])
      expect(decision).toMatchObject({ id: 'shape-1', outcome: 'processed', findings: [expect.objectContaining({ rule: 'vppa.2710b.no-consent', severity: 'critical' })] })
      const { stages, risk } = decision as { stages: { stage: string; at: string; durationMs: number }[]; risk: { score: number; factors: { contribution: number }[] } }
      expect(stages.map(({ stage }) => stage)).toEqual(['ingest', 'compliance', 'ml-scoring', 'violation'])
      expect(stages.map(({ at }) => at)).toEqual(stages.map(({ at }) => at).sort())
      expect(risk.factors.reduce((sum, { contribution }) => sum + contribution, 0)).toBeCloseTo(risk.score, 9)
    })

    test('the violation of an event names the law, the viewer and the values that mattered', async () => {
      const { acme } = installation()
      const { violations } = (await acme.decisionOf('shape-1')) as { violations: string[] }
      const { body } = await acme.get('/v1/violations?subject=shape-viewer')
      expect(apiShapes.ViolationPage.strict().parse(body)).toEqual(body)
      const items = body['items'] as Record<string, unknown>[]
      expect(items).toEqual([
        expect.objectContaining({
          id: violations[0],
          subject: 'shape-viewer',
          rule: 'vppa.2710b.no-consent',
          regulation: 'vppa',
          citation: expect.stringContaining('§ 2710'),
          status: 'open',
          evidence: [expect.objectContaining({ eventId: 'shape-1', values: expect.objectContaining({ 'data.purpose': 'ads' }) })],
        }),
      ])
      expect(await acme.get(`/v1/violations/${violations[0]}`)).toMatchObject({ status: 200, body: items[0] })
    })

    test('the alert of a violation is in the list of alerts', async () => {
      const { acme } = installation()
      const { violations, alerts } = (await acme.decisionOf('shape-1')) as { violations: string[]; alerts: string[] }
      const { body } = await acme.get(`/v1/alerts?violationId=${violations[0]}`)
      expect(apiShapes.AlertPage.strict().parse(body)).toEqual(body)
      expect((body['items'] as { id: string }[]).map(({ id }) => id)).toEqual(alerts)
    })

    test('the ledger has the terms that every reader relies on', async () => {
      const { status, body } = await installation().acme.get('/v1/ledger')
      expect(status).toBe(200)
      expect(apiShapes.Ledger.strict().parse(body)).toEqual(body)
    })

    test('lists are cut into pages that hold everything once', async () => {
      const { acme } = installation()
      await acme.post(['page-a', 'page-b', 'page-c'].map((id) => aBreach(id)))
      for (const id of ['page-a', 'page-b', 'page-c']) await acme.decisionOf(id)
      const { body: all } = await acme.get('/v1/violations?limit=500')
      const ids: unknown[] = []
      for (let next: unknown = ''; next !== null; ) {
        const { body } = await acme.get(`/v1/violations?limit=2${next === '' ? '' : `&cursor=${String(next)}`}`)
        ids.push(...(body['items'] as { id: string }[]).map(({ id }) => id))
        next = body['next']
      }
      expect(ids).toEqual((all['items'] as { id: string }[]).map(({ id }) => id))
      expect(new Set(ids).size).toBe(ids.length)
    })

    test('an event that nobody sent is not found', async () => {
      expect(await installation().acme.get('/v1/events/never-sent')).toMatchObject({ status: 404, body: { code: 'not-found' } })
    })
  })

  describe('CloudEvents', () => {
    const processed = { outcome: 'processed' }
    const binary = (prefix: string, id: string) => {
      const { specversion, source, type, time } = anEvent(id) as Record<string, string>
      const attributes = { specversion, id, source, type, time, subject: 'Zo%C3%AB' }
      return Object.fromEntries(Object.entries(attributes).map(([name, value]) => [`${prefix}${name}`, value ?? '']))
    }

    test('structured mode over HTTP is processed', async () => {
      const { acme } = installation()
      expect((await acme.post(anEvent('http-structured'), { 'content-type': 'application/cloudevents+json; charset=utf-8' })).status).toBe(202)
      expect(await acme.decisionOf('http-structured')).toMatchObject(processed)
    })

    test('binary mode over HTTP is processed, its header values percent-decoded', async () => {
      const { acme, query } = installation()
      expect((await acme.post('{"contentId":"c-1"}', binary('ce-', 'http-binary'))).status).toBe(202)
      expect(await acme.decisionOf('http-binary')).toMatchObject(processed)
      expect(await query('select subject from violation.processed_events where event_id = $1', ['http-binary'])).toEqual([{ subject: 'Zoë' }])
    })

    test('batch mode over HTTP is processed', async () => {
      const { acme } = installation()
      expect((await acme.post([anEvent('http-batch-1'), anEvent('http-batch-2')], { 'content-type': 'application/cloudevents-batch+json' })).status).toBe(202)
      for (const id of ['http-batch-1', 'http-batch-2']) expect(await acme.decisionOf(id)).toMatchObject(processed)
    })

    test('a bearer token is as good as the key header', async () => {
      const { acme } = installation()
      expect((await acme.post(anEvent('http-bearer'), { 'x-api-key': '', authorization: `Bearer ${acme.apiKey}` })).status).toBe(202)
    })

    test('structured mode over Kafka is processed', async () => {
      const { acme } = installation()
      await acme.publish(JSON.stringify(anEvent('kafka-structured')), { 'content-type': 'application/cloudevents+json' })
      expect(await acme.decisionOf('kafka-structured')).toMatchObject(processed)
    })

    test('binary mode over Kafka is processed', async () => {
      const { acme } = installation()
      await acme.publish('{"contentId":"c-1"}', { ...binary('ce_', 'kafka-binary'), 'content-type': 'application/json' })
      expect(await acme.decisionOf('kafka-binary')).toMatchObject(processed)
    })
  })
}
