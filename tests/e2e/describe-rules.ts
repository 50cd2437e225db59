import { describe, expect, test } from '@jest/globals'
import { anEvent, eventually, type Installation } from './installation.ts'

const dayMs = 86_400_000
const ago = (days: number) => new Date(Date.now() - days * dayMs).toISOString()

/** Rules about several events and about consent signals, through the whole pipeline. */
export function describeRules(installation: () => Installation): void {
  const rulesOf = async (subject: string) => {
    const { body } = await installation().acme.get(`/v1/violations?subject=${subject}`)
    return (body['items'] as { rule: string }[]).map(({ rule }) => rule)
  }
  const request = (id: string, days: number) => ({ type: 'com.ott.data-subject-request.received.v1', subject: id, time: ago(days), data: { country: 'DE', requestId: id, right: 'access' } })

  describe('rules about several events', () => {
    test('a request that nobody answers within a month becomes a violation when nothing late can answer it any more; one that was answered does not', async () => {
      const { acme } = installation()
      await acme.post([
        anEvent('dsar-open', request('dsar-open', 40)),
        anEvent('dsar-kept', request('dsar-kept', 40)),
        anEvent('dsar-answer', { type: 'com.ott.data-subject-request.answered.v1', subject: 'dsar-kept', time: ago(20), data: { country: 'DE', requestId: 'dsar-kept', outcome: 'fulfilled' } }),
        anEvent('dsar-runs', request('dsar-runs', 5)),
      ])
      await eventually('the violation', async () => (await rulesOf('dsar-open')).includes('gdpr.art12.request-overdue'))
      // The end of a period is an event of its own, which the platform sent.
      acme.accepted += 1
      for (const subject of ['dsar-kept', 'dsar-runs']) expect(await rulesOf(subject)).toEqual([])
    })

    test('an export by an employee after a look at many viewers is found, though their events come through different partitions', async () => {
      const { acme } = installation()
      const of = (id: string, type: string, minutes: number) =>
        anEvent(id, { type, subject: id, time: new Date(Date.now() - minutes * 60_000).toISOString(), data: { country: 'DE', actor: 'e-harvest', actorRole: 'employee', purpose: 'support', records: 1 } })
      await acme.post(Array.from({ length: 40 }, (_, n) => of(`harvest-${n}`, 'com.ott.personal-data.accessed.v1', 50 - n)))
      for (let n = 0; n < 40; n++) await acme.decisionOf(`harvest-${n}`)
      await acme.post(of('harvest-export', 'com.ott.personal-data.exported.v1', 1))
      await acme.decisionOf('harvest-export')
      expect(await rulesOf('harvest-export')).toContain('gdpr.art32.export-after-browsing')
    })
  })

  describe('consent signals', () => {
    test('a TC string that can not be read is a finding, and the event is taken', async () => {
      const { acme } = installation()
      const ad = anEvent('tcf-broken', { type: 'com.ott.ad.impression.v1', data: { country: 'DE', campaignId: 'c', personalised: true, tcString: 'CQuFeUAQuF!*' } })
      expect((await acme.post(ad)).status).toBe(202)
      const { findings } = (await acme.decisionOf('tcf-broken')) as { findings: { rule: string }[] }
      expect(findings.map(({ rule }) => rule)).toContain('gdpr.art7.tcf-malformed')
    })
  })

  test('an attack that screening marks is a finding of a rule, and the explanation finds it again', async () => {
    const { acme } = installation()
    const failed = anEvent('attack-marked', { type: 'com.ott.signin.failed.v1', data: { country: 'DE', username: "x' OR 1=1 --" } })
    expect((await acme.post(failed)).status).toBe(202)
    const { findings } = (await acme.decisionOf('attack-marked')) as { findings: { rule: string }[] }
    expect(findings.map(({ rule }) => rule)).toEqual(['nis2.art21.attack-payload'])
    const { body } = await acme.get('/v1/events/attack-marked/decision')
    expect((body['rules'] as { rule: string; fired: boolean; values: object }[]).find(({ rule }) => rule === 'nis2.art21.attack-payload')).toMatchObject({ fired: true, values: { attacks: ['sqli'] } })
  })
}
