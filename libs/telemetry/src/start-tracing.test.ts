import { expect, test } from '@jest/globals'
import { statementName } from './start-tracing.ts'

test.each([
  ['insert into violation.evidence (a) select x from unnest($1::text[])', 'insert violation.evidence'],
  ['update alerting.alerts a set attempts = 1 from (select 1) due', 'update alerting.alerts'],
  ['select (select count(*) from violation.processed_events) as processed', 'select violation.processed_events'],
  ["begin; set local app.tenants = 'acme'", 'begin'],
  ['commit', 'commit'],
  ['', 'statement'],
])('%j goes by the name %j: what it does to which table, and no value', (text, name) => {
  expect(statementName(text)).toBe(name)
})
