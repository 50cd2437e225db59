import { readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { serviceNames } from '@ott/local/ports'
import { documentedMetrics } from '@ott/observability/documented-metrics'
import { aBreach, eventually, type Installation } from './installation.ts'

/** A metric as a registry shows it. */
interface Shown {
  readonly type: string
  readonly help: string
  readonly labels: ReadonlySet<string>
}

const lineKinds = /^# (HELP|TYPE) (\S+) (.*)$/
const sample = /^(\w+?)(?:_bucket|_sum|_count)?(?:\{(.*)\})? [^ ]+$/

/** Reads the text format of Prometheus, as far as names, types and labels go. */
function metricsIn(text: string): Map<string, Shown> {
  const found = new Map<string, { type: string; help: string; labels: Set<string> }>()
  const of = (name: string) => {
    const known = found.get(name) ?? { type: '', help: '', labels: new Set<string>() }
    found.set(name, known)
    return known
  }
  for (const line of text.split('\n')) {
    const [, kind, name = '', rest = ''] = lineKinds.exec(line) ?? []
    if (kind === 'HELP') of(name).help = rest
    else if (kind === 'TYPE') of(name).type = rest
    else {
      const [whole = '', base = '', labels = ''] = sample.exec(line) ?? []
      const full = /^\w+/.exec(whole)?.[0] ?? ''
      const owner = found.get(full) ?? found.get(base)
      // Values of labels are quoted: what stands before an equals sign and a quote is a name.
      for (const [, label = ''] of labels.matchAll(/(\w+)="/g)) if (label !== 'service' && label !== 'le') owner?.labels.add(label)
    }
  }
  return found
}

/** What the installation says of itself, against what the documents say of it. */
export function describeMetrics(installation: () => Installation): void {
  describe('metrics', () => {
    const table = documentedMetrics(readFileSync(new URL('../../docs/metrics.md', import.meta.url), 'utf8'))

    test('every metric of a running service is documented with its type, labels and meaning, and no other is', async () => {
      const { acme, metricsOf } = installation()
      await acme.post(aBreach('measured'))
      await acme.decisionOf('measured')
      const shown = new Map<string, Shown & { services: Set<string> }>()
      // The first reading asks the broker and the books; what it found is there for sure by the second.
      for (let reading = 0; reading < 2; reading++) {
        for (const service of serviceNames) {
          for (const [name, { type, help, labels }] of metricsIn(await metricsOf(service))) {
            if (!name.startsWith('ott_')) continue
            const known = shown.get(name)
            shown.set(name, { type, help, labels: new Set([...(known?.labels ?? []), ...labels]), services: new Set([...(known?.services ?? []), service]) })
          }
        }
      }
      const documented = Object.fromEntries(table.map(({ name, type, help }) => [name, { type, help }]))
      expect(Object.fromEntries([...shown].sort().map(([name, { type, help }]) => [name, { type, help }]))).toEqual(documented)
      for (const { name, labels } of table) {
        const seen = [...(shown.get(name)?.labels ?? [])].sort()
        if (seen.length > 0) expect({ name, labels: seen }).toEqual({ name, labels: [...labels].sort() })
      }
    })

    test('every service shows its process and its memory', async () => {
      for (const service of serviceNames) {
        const names = [...metricsIn(await installation().metricsOf(service)).keys()]
        expect(names).toEqual(expect.arrayContaining(['process_cpu_seconds_total', 'process_resident_memory_bytes', 'nodejs_eventloop_lag_p99_seconds', 'nodejs_heap_size_used_bytes']))
      }
    })

    test('lag is told by stage and partition, and the books of each tenant as its ledger has them', async () => {
      const { acme, globex, metricsOf } = installation()
      const text = await eventually('the books', async () => {
        const told = await metricsOf('ingest')
        return told.includes(`ott_ledger_missing{tenant="${globex.id}"`) && told
      })
      for (const { id } of [acme, globex]) {
        expect(text).toMatch(new RegExp(`^ott_ledger_missing\\{tenant="${id}",service="ingest"\\} 0$`, 'm'))
        expect(text).toMatch(new RegExp(`^ott_ledger_events\\{tenant="${id}",term="accepted",service="ingest"\\} \\d+$`, 'm'))
        expect(text).toMatch(new RegExp(`^ott_consumer_lag_records\\{stage="ingest",topic="events\\.inbound\\.${id}\\.v1",partition="0",service="ingest"\\} \\d+$`, 'm'))
      }
      expect(text).toMatch(/^ott_consumer_lag_records\{stage="dead-letters",topic="dlq\.ingest\.v1",partition="2",service="ingest"\} \d+$/m)
      expect(await metricsOf('violation')).toMatch(/^ott_stage_ready\{stage="violation",service="violation"\} 1$/m)
    })

    test('no label names a viewer or an event', async () => {
      const texts = await Promise.all(serviceNames.map((service) => installation().metricsOf(service)))
      expect(texts.join('\n')).not.toMatch(/viewer-of|measured/)
    })
  })
}
