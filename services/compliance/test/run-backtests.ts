import { openDatabase } from '@ott/postgres/database'
import { startBacktestRunner } from '../src/backtest/backtest-runner.ts'
import { backtestLatenessMs, candidateRules, liveRules } from './backtest-fixture.ts'

/** A process of its own that works on backtests until it is killed: `node run-backtests.ts DATABASE_URL LEASE_MS`. */
const [url = '', leaseMs = ''] = process.argv.slice(2)
const all = [liveRules, candidateRules]
startBacktestRunner({
  database: openDatabase({ url, poolMax: 2, applicationName: 'test' }),
  tenants: () => ['acme', 'globex'],
  ruleSets: { byVersion: (_tenant, version) => Promise.resolve(all.find((rules) => rules.version === version)) },
  latenessMs: backtestLatenessMs,
  atOnce: 1,
  perTenant: 1,
  leaseMs: Number(leaseMs),
  intervalMs: 20,
  onFault: (error) => process.stderr.write(`${String(error)}\n`),
  onEnd: (_backtest, ending) => process.stdout.write(`${JSON.stringify(ending)}\n`),
})
setInterval(() => undefined, 1_000)
