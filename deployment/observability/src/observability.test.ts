import { readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { serviceNames, servicePortOf } from '@ott/local/ports'
import { createRegistry } from '@ott/telemetry/metrics'
import { parse } from 'yaml'
import { documentedMetrics, seriesOf } from './documented-metrics.ts'
import { selectorsOf } from './promql.ts'

const folder = new URL('../', import.meta.url)
const read = (path: string) => readFileSync(new URL(path, folder), 'utf8')

interface Rule {
  readonly record?: string
  readonly alert?: string
  readonly expr: string
  readonly for?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
}
const rules = (parse(read('prometheus/rules.yml')) as { groups: { rules: Rule[] }[] }).groups.flatMap(({ rules: own }) => own)
const recorded = rules.flatMap(({ record }) => record ?? [])
const alerts = rules.filter(({ alert }) => alert !== undefined)

/** docs/metrics.md is compared with running services by tests/e2e. */
const documented = documentedMetrics(read('../../docs/metrics.md'))
const labelsOf = new Map(documented.flatMap((metric) => seriesOf(metric).map((series): [string, readonly string[]] => [series, metric.labels])))

/** What Prometheus itself keeps, with the labels that it adds to all that it scrapes. */
const ofPrometheus = new Map<string, readonly string[]>([
  ['up', []],
  ['ALERTS', ['alertname', 'alertstate', 'severity']],
])
const ofEveryTarget = ['job', 'instance', 'service', 'le']

async function ofProcesses(): Promise<string[]> {
  return (await createRegistry('any').getMetricsAsJSON()).map(({ name }) => name)
}

function expressionsIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(expressionsIn)
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) => (key === 'expr' && typeof inner === 'string' ? [inner] : expressionsIn(inner)))
}
const dashboard = JSON.parse(read('grafana/dashboards/ott-compliance.json')) as { panels: { type: string; title: string; targets?: unknown[] }[]; templating: { list: { query: string }[] } }
const shown = [...expressionsIn(dashboard), ...dashboard.templating.list.map(({ query }) => /^label_values\((.+), \w+\)$/.exec(query)?.[1] ?? query)]

describe.each([
  ['rules.yml', rules.map(({ expr }) => expr)],
  ['the dashboard', shown],
])('in %s', (_where, expressions) => {
  test('every metric that is named exists, and has the labels by which it is asked', async () => {
    const processes = await ofProcesses()
    const selectors = expressions.flatMap(selectorsOf)
    expect(selectors.length).toBeGreaterThan(25)
    const known = (metric: string) => labelsOf.get(metric) ?? ofPrometheus.get(metric) ?? (recorded.includes(metric) || processes.includes(metric) ? [] : undefined)
    expect(selectors.filter(({ metric }) => known(metric) === undefined)).toEqual([])
    expect(selectors.filter(({ metric, labels }) => labels.some((label) => ![...(known(metric) ?? []), ...ofEveryTarget].includes(label)))).toEqual([])
  })
})

test('a name that is misspelt is found: the comparison can fail', () => {
  expect(labelsOf.has('ott_stage_events_total')).toBe(true)
  expect(selectorsOf('rate(ott_stage_event_total[5m])').filter(({ metric }) => !labelsOf.has(metric))).toHaveLength(1)
})

describe('alerts', () => {
  test('each has a severity, a summary, a description, and a section of its own in the runbook', () => {
    const runbook = read('../../docs/runbook.md')
    const sections = [...runbook.matchAll(/^## (Ott\w+)$/gm)].map(([, name]) => name)
    expect(alerts.map(({ alert }) => alert).sort()).toEqual(sections.sort())
    for (const { alert = '', labels, annotations } of alerts) {
      expect({ alert, severity: labels?.['severity'] }).toEqual({ alert, severity: expect.stringMatching(/^(page|ticket)$/) })
      expect(Object.keys(annotations ?? {}).sort()).toEqual(['description', 'runbook_url', 'summary'])
      expect(annotations?.['runbook_url']).toBe(`docs/runbook.md#${alert.toLowerCase()}`)
    }
  })

  test('each that wakes somebody is tried by promtool, red and green', () => {
    const tried = (parse(read('prometheus/rules.test.yml')) as { tests: { alert_rule_test: { alertname: string; exp_alerts?: unknown[] }[] }[] }).tests.flatMap(({ alert_rule_test: own }) => own)
    const red = new Set(tried.filter(({ exp_alerts: expected }) => expected !== undefined).map(({ alertname }) => alertname))
    const paging = alerts.filter(({ labels, alert }) => labels?.['severity'] === 'page' && alert !== 'OttNothingScraped').map(({ alert }) => alert)
    expect(paging.filter((alert) => !red.has(alert ?? ''))).toEqual([])
  })
})

test('Prometheus asks every service at its port', () => {
  const { scrape_configs: jobs } = parse(read('prometheus/prometheus.yml')) as { scrape_configs: { job_name: string; static_configs: { targets: string[] }[] }[] }
  const targets = jobs.find(({ job_name: name }) => name === 'ott')?.static_configs.flatMap(({ targets: own }) => own) ?? []
  expect(targets).toEqual(expect.arrayContaining(serviceNames.map((name) => `${name}:${servicePortOf(name, 8100)}`)))
})

describe('the dashboard', () => {
  const panels = dashboard.panels.filter(({ type }) => type !== 'row')

  test('every panel asks for something and says what it shows', () => {
    expect(panels.length).toBeGreaterThan(25)
    for (const panel of panels) {
      expect(panel.targets?.length).toBeGreaterThan(0)
      expect(panel).toMatchObject({ title: expect.stringMatching(/\S/), description: expect.stringMatching(/\S/), datasource: { uid: 'prometheus' } })
    }
  })

  test('its data sources are provisioned under the names it uses', () => {
    const { datasources } = parse(read('grafana/provisioning/datasources/datasources.yaml')) as { datasources: { uid: string }[] }
    expect(datasources.map(({ uid }) => uid)).toEqual(['prometheus', 'jaeger'])
  })
})

describe('the collector', () => {
  const collector = parse(read('collector/collector.yaml')) as {
    receivers: object
    processors: Record<string, { blocked_values?: string[] }>
    exporters: object
    service: { pipelines: Record<string, { receivers: string[]; processors: string[]; exporters: string[] }> }
  }

  test('every part of a pipeline is defined, memory is bounded first, and batches are made last', () => {
    for (const { receivers, processors, exporters } of Object.values(collector.service.pipelines)) {
      expect(Object.keys(collector.receivers)).toEqual(expect.arrayContaining(receivers))
      expect(Object.keys(collector.processors)).toEqual(expect.arrayContaining(processors))
      expect(Object.keys(collector.exporters)).toEqual(expect.arrayContaining(exporters))
      expect([processors.at(0), processors.at(-1)]).toEqual(['memory_limiter', 'batch'])
    }
  })

  test.each(['ada@example.org', `ott_${'a'.repeat(43)}`, `whsec_${'b'.repeat(32)}`, 'Bearer abc.def', 'https://user:word@receiver/hook'])('%j is blanked wherever it stands', (value) => {
    const patterns = collector.processors['redaction/personal']?.blocked_values ?? []
    // Go's regular expressions take flags in front; of these, only this one is used.
    expect(patterns.some((pattern) => new RegExp(pattern.replace(/^\(\?i\)/, ''), pattern.startsWith('(?i)') ? 'i' : '').test(value))).toBe(true)
  })

  test.each(['process events.scored.v1', 'events.inbound.acme.v1', 'stage.ml-scoring', '00-ab-cd-01', 'insert violation.evidence', 'http://jaeger:4317'])('%j is left as it is', (value) => {
    const patterns = collector.processors['redaction/personal']?.blocked_values ?? []
    expect(patterns.filter((pattern) => new RegExp(pattern.replace(/^\(\?i\)/, ''), 'i').test(value))).toEqual([])
  })
})
