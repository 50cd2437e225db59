import { describe, expect, test } from '@jest/globals'
import { apiShapes } from '@ott/contracts/api-shapes'
import { aBreach, anEvent, eventually, type Installation } from './installation.ts'

/** What can be asked about what was decided, and what would have been. */
export function describeHistory(installation: () => Installation): void {
  describe('looking back', () => {
    test('a decision is explained by every rule that applied, judged again by the version that judged it', async () => {
      const { acme, globex } = installation()
      await acme.post([aBreach('explained-1'), anEvent('explained-2')])
      for (const id of ['explained-1', 'explained-2']) await acme.decisionOf(id)
      const { status, body } = await acme.get('/v1/events/explained-1/decision')
      expect(status).toBe(200)
      expect(apiShapes.ExplainedDecision.strict().parse(body)).toEqual(body)
      const rules = body['rules'] as { rule: string; fired: boolean | null }[]
      const found = (body['findings'] as { rule: string }[]).map(({ rule }) => rule)
      expect(rules.filter(({ fired }) => fired).map(({ rule }) => rule)).toEqual(found)
      expect(found).toContain('vppa.2710b.no-consent')
      expect(rules.filter(({ fired }) => fired === false).length).toBeGreaterThan(0)
      expect(await acme.get('/v1/events/explained-2/decision')).toMatchObject({ status: 200, body: { findings: [] } })
      expect((await globex.get('/v1/events/explained-1/decision')).status).toBe(404)
    })

    test('a rule can be tried before it is anywhere', async () => {
      const rule = {
        ...{ id: 'own.ads', title: 'T', citation: 'C', source: 'https://example.com/law', severity: 'low', eventTypes: ['com.ott.ad.impression.v1'] },
        ...{ when: 'event.data.personalised', message: 'Campaign {data.campaignId}', remediation: 'R' },
      }
      const { status, body } = await installation().acme.ask('POST', '/v1/rules:test', { rule, event: { data: { campaignId: 'c', personalised: true } } })
      expect([status, body['fired']]).toEqual([200, true])
      expect(apiShapes.RuleTrial.strict().parse(body)).toEqual(body)
    })

    test('a backtest of the rules in force finds in all that came in what was found, and no difference', async () => {
      const { acme, query } = installation()
      const period = { from: new Date(Date.now() - 86_400_000).toISOString(), to: new Date(Date.now() + 3_600_000).toISOString() }
      const started = await acme.ask('POST', '/v1/rulesets/builtin:backtest', period)
      expect(started.status).toBe(202)
      const address = started.headers.get('location') ?? ''
      const body = await eventually('the backtest', async () => {
        const { body: told } = await acme.get(address)
        return told['status'] === 'finished' && told
      })
      expect(apiShapes.Backtest.strict().parse(body)).toEqual(body)
      const report = body['report'] as { eventsJudged: number; eventsDiffering: number; rules: { rule: string; before: number }[] }
      expect(report.eventsDiffering).toBe(0)
      const rows = await query<{ rule: string; count: number }>(
        `select f->>'rule' as rule, count(*)::int as count from violation.processed_events, json_array_elements(findings) f
         where tenant_id = 'acme' and received_at < $1 group by 1 order by 1`,
        [body['to']],
      )
      expect(report.rules.map(({ rule, before }) => ({ rule, count: before })).sort((a, b) => (a.rule < b.rule ? -1 : 1))).toEqual(rows)
      expect(report.eventsJudged).toBeGreaterThan(1)
      expect((await acme.get('/v1/backtests')).body['items']).toEqual([expect.objectContaining({ id: body['id'], status: 'finished', progress: expect.objectContaining({ share: 1 }) })])
      expect((await installation().globex.get(address)).status).toBe(404)
    })
  })
}
