import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { describeAlerting } from './describe-alerting.ts'
import { describeBadInput } from './describe-bad-input.ts'
import { describeGraphql } from './describe-graphql.ts'
import { describeHistory } from './describe-history.ts'
import { describeMetrics } from './describe-metrics.ts'
import { describeNotifications } from './describe-notifications.ts'
import { describeOutcomes } from './describe-outcomes.ts'
import { describePrivacy } from './describe-privacy.ts'
import { describeRuleSets } from './describe-rule-sets.ts'
import { describeRules } from './describe-rules.ts'
import { describeShapes } from './describe-shapes.ts'
import { eventually, startInstallation, type Installation } from './installation.ts'

/** The whole installation as its callers see it: every process real, over the one address. */
let running: Installation | undefined
beforeAll(async () => {
  running = await startInstallation({ EVENT_LATENESS_MS: '1000', DEADLINE_CHECK_INTERVAL_MS: '200' })
}, 120_000)
afterAll(() => running?.stop(), 30_000)

const installation = () => {
  if (running === undefined) throw new Error('the installation did not start')
  return running
}

describeShapes(installation)
describeOutcomes(installation)
describeNotifications(installation)
describeAlerting(installation)
describeGraphql(installation)
describeHistory(installation)
describeRuleSets(installation)
describeRules(installation)
describeBadInput(installation)
describePrivacy(installation)
describeMetrics(installation)

describe('the books', () => {
  test.each(['acme', 'globex'] as const)('of %s balance: everything that was accepted ended once, nothing is missing', async (tenant) => {
    const { [tenant]: client, query } = installation()
    const ledger = await eventually('nothing in flight', async () => {
      const { body } = await client.get('/v1/ledger')
      return body['inFlight'] === 0 && (body as Record<string, number>)
    })
    expect(ledger).toMatchObject({ accepted: client.accepted, missing: 0 })
    const [rows] = await query<{ processed: number; ended: number }>(
      `select (select count(*) from violation.processed_events where tenant_id = $1)::int as processed,
         (select count(*) from ingest.raw_events where tenant_id = $1)::int as ended`,
      [tenant],
    )
    expect(rows).toEqual({ processed: ledger['processed'], ended: ledger['processed'] })
  })
})
