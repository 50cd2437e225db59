import {
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  QueryVariableBuilder,
  RowBuilder,
  ThresholdsConfigBuilder,
  ThresholdsMode,
  VariableRefresh,
  type Dashboard,
} from '@grafana/grafana-foundation-sdk/dashboard'
import { ReduceDataOptionsBuilder, StackingConfigBuilder, StackingMode, TooltipDisplayMode, VizLegendOptionsBuilder, VizTooltipOptionsBuilder } from '@grafana/grafana-foundation-sdk/common'
import { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus'
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat'
import { PanelBuilder as TimeseriesBuilder } from '@grafana/grafana-foundation-sdk/timeseries'

/** Provisioned under this name, see grafana/provisioning. */
const prometheus = { type: 'prometheus', uid: 'prometheus' }

/** What a line shows: an expression, and how its series are named. */
type Line = readonly [expression: string, legend: string]

interface Graph {
  readonly title: string
  readonly description: string
  readonly unit: string
  readonly lines: readonly Line[]
  readonly stacked?: boolean
  readonly max?: number
}

/** A graph, three in a row. */
function graph({ title, description, unit, lines, stacked = false, max }: Graph): TimeseriesBuilder {
  const panel = new TimeseriesBuilder()
    .title(title)
    .description(description)
    .datasource(prometheus)
    .unit(unit)
    .min(0)
    .span(8)
    .height(8)
    .fillOpacity(stacked ? 40 : 8)
    .legend(new VizLegendOptionsBuilder().showLegend(true))
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi))
  if (stacked) panel.stacking(new StackingConfigBuilder().mode(StackingMode.Normal))
  if (max !== undefined) panel.max(max)
  for (const line of lines) panel.withTarget(query(line))
  return panel
}

/** One number, six in a row; red from `badFrom` on, where there is such a thing. */
function number(title: string, description: string, unit: string, expression: string, badFrom?: number): StatBuilder {
  const steps = [{ value: null, color: 'green' }, ...(badFrom === undefined ? [] : [{ value: badFrom, color: 'red' }])]
  return new StatBuilder()
    .title(title)
    .description(description)
    .datasource(prometheus)
    .unit(unit)
    .span(4)
    .height(4)
    .thresholds(new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps(steps as never))
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(['lastNotNull']))
    .withTarget(query([expression, '']))
}

function query([expression, legend]: Line): DataqueryBuilder {
  return new DataqueryBuilder().expr(expression).legendFormat(legend).datasource(prometheus)
}

/** A percentile of a histogram of times. */
function percentile(share: number, metric: string, by: string, matchers = ''): string {
  return `histogram_quantile(${share}, sum by (${by}) (rate(${metric}_bucket${matchers}[$__rate_interval])))`
}

/** The dashboard of an installation, in the order in which one looks: is all well, which stage, which tenant, which caller. */
export function complianceDashboard(): Dashboard {
  return new DashboardBuilder('OTT Compliance')
    .uid('ott-compliance')
    .description('Rates, errors and times of every stage, the books, deliveries, callers and processes. Generated: change deployment/observability/src/dashboard.ts.')
    .tags(['ott-compliance', 'generated'])
    .refresh('30s')
    .time({ from: 'now-1h', to: 'now' })
    .timezone('browser')
    .tooltip(DashboardCursorSync.Crosshair)
    .link(new DashboardLinkBuilder('Traces').type(DashboardLinkType.Link).url('/explore?left={"datasource":"jaeger","queries":[{"queryType":"search"}]}').targetBlank(true))
    .withVariable(
      new QueryVariableBuilder('tenant')
        .label('Tenant')
        .datasource(prometheus)
        .query('label_values(ott_stage_events_total, tenant)')
        .refresh(VariableRefresh.OnTimeRangeChanged)
        .multi(true)
        .includeAll(true)
        .allValue('.*'),
    )
    .withRow(new RowBuilder('At a glance'))
    .withPanel(number('Services up', 'Services that answered the last scrape.', 'short', 'sum(up{job="ott"})'))
    .withPanel(number('Decided a second', 'Events that the last stage on the way was done with.', 'ops', 'sum(rate(ott_stage_events_total{stage="violation"}[$__rate_interval]))'))
    .withPanel(number('Missing in the books', 'Accepted events in no other term of the ledger. Must be 0.', 'short', 'sum(abs(ott_ledger_missing))', 1))
    .withPanel(number('Waiting records', 'Lag of all stages; each partition counts once.', 'short', 'sum(stage:ott_consumer_lag_records:sum)'))
    .withPanel(number('Dead letters an hour', 'Records that a stage could not work on.', 'short', 'sum(increase(ott_stage_events_total{outcome="dead_lettered"}[1h])) or vector(0)', 1))
    .withPanel(number('Slow decisions', 'Share of the last hour decided later than a second after receipt. Objective: 1 %.', 'percentunit', 'decision:ott_event_age:slow_ratio1h', 0.01))
    .withPanel(
      graph({
        title: 'Receipt to decision',
        description: 'Time from the receipt of an event until its decision is kept and published.',
        unit: 'ms',
        lines: [0.5, 0.95, 0.99].map((share): Line => [percentile(share, 'ott_event_age_ms', 'le', '{stage="violation"}'), `p${share * 100}`]),
      }),
    )
    .withPanel(
      graph({
        title: 'Budgets burnt',
        description: 'Shares of slow decisions and failed requests; the alerts begin at 14.4 and 6 times the objective.',
        unit: 'percentunit',
        lines: [
          ['decision:ott_event_age:slow_ratio5m', 'slow decisions, 5 min'],
          ['decision:ott_event_age:slow_ratio1h', 'slow decisions, 1 h'],
          ['http:ott_http_request:error_ratio5m', 'failed requests, 5 min'],
          ['http:ott_http_request:error_ratio1h', 'failed requests, 1 h'],
        ],
      }),
    )
    .withPanel(
      graph({
        title: 'Alerts firing',
        description: 'What fires now, by name.',
        unit: 'short',
        stacked: true,
        lines: [['sum by (alertname) (ALERTS{alertstate="firing"})', '{{alertname}}']],
      }),
    )
    .withRow(new RowBuilder('Stages'))
    .withPanel(graph({ title: 'Events', description: 'Events that each stage was done with.', unit: 'ops', lines: [['sum by (stage) (stage:ott_stage_events:rate5m)', '{{stage}}']] }))
    .withPanel(
      graph({
        title: 'Outcomes that end an event',
        description: 'Duplicates, what tenants ignore, and dead letters with their reason.',
        unit: 'ops',
        lines: [['sum by (stage, outcome, reason) (rate(ott_stage_events_total{outcome!="emitted"}[$__rate_interval]))', '{{stage}} {{outcome}} {{reason}}']],
      }),
    )
    .withPanel(graph({ title: 'Waiting records', description: 'Lag by stage, as the broker knows it.', unit: 'short', lines: [['stage:ott_consumer_lag_records:sum', '{{stage}}']] }))
    .withPanel(graph({ title: 'Time at a stage, p99', description: 'Waiting included.', unit: 'ms', lines: [[percentile(0.99, 'ott_stage_event_duration_ms', 'le, stage'), '{{stage}}']] }))
    .withPanel(graph({ title: 'Time of a batch, p99', description: 'Work alone.', unit: 'ms', lines: [[percentile(0.99, 'ott_stage_batch_duration_ms', 'le, stage'), '{{stage}}']] }))
    .withPanel(
      graph({
        title: 'Faults that pass',
        description: 'Operations that were repeated, and readings for metrics that failed.',
        unit: 'ops',
        lines: [
          ['sum by (stage, doing) (rate(ott_stage_transient_faults_total[$__rate_interval]))', '{{stage}}: {{doing}}'],
          ['sum by (service, what) (rate(ott_sample_failures_total[$__rate_interval]))', '{{service}}: sample {{what}}'],
        ],
      }),
    )
    .withPanel(graph({ title: 'Stages in their group', description: '1 while a stage works.', unit: 'short', max: 1, lines: [['max by (stage) (ott_stage_ready)', '{{stage}}']] }))
    .withPanel(graph({ title: 'Bytes in work', description: 'Of the batches that are being worked on.', unit: 'bytes', lines: [['sum by (stage) (ott_stage_in_flight_bytes)', '{{stage}}']] }))
    .withPanel(
      graph({
        title: 'Partitions that wait longest',
        description: 'One that stands out alone is stuck.',
        unit: 'short',
        lines: [['topk(5, max by (stage, topic, partition) (ott_consumer_lag_records))', '{{stage}} {{topic}}/{{partition}}']],
      }),
    )
    .withRow(new RowBuilder('Tenants'))
    .withPanel(
      graph({
        title: 'Events decided',
        description: 'By tenant.',
        unit: 'ops',
        stacked: true,
        lines: [['sum by (tenant) (rate(ott_tenant_events_processed{stage="violation", tenant=~"$tenant"}[$__rate_interval]))', '{{tenant}}']],
      }),
    )
    .withPanel(graph({ title: 'Calls', description: 'By tenant; none: without a valid key.', unit: 'reqps', stacked: true, lines: [['sum by (tenant) (rate(ott_tenant_api_calls_total{tenant=~"$tenant|none"}[$__rate_interval]))', '{{tenant}}']] }))
    .withPanel(
      graph({
        title: 'The books',
        description: 'What became of accepted events, and what is on its way.',
        unit: 'short',
        lines: [
          ['sum by (term) (ott_ledger_events{tenant=~"$tenant"})', '{{term}}'],
          ['sum(ott_ledger_missing{tenant=~"$tenant"})', 'missing'],
        ],
      }),
    )
    .withRow(new RowBuilder('Callers and receivers'))
    .withPanel(graph({ title: 'Requests', description: 'By service and status.', unit: 'reqps', lines: [['sum by (service, status) (rate(ott_http_request_duration_ms_count{route!~"/healthz|/readyz|/metrics"}[$__rate_interval]))', '{{service}} {{status}}']] }))
    .withPanel(graph({ title: 'Time to answer, p99', description: 'By route.', unit: 'ms', lines: [[percentile(0.99, 'ott_http_request_duration_ms', 'le, service, route', '{route!~"/healthz|/readyz|/metrics"}'), '{{service}} {{route}}']] }))
    .withPanel(
      graph({
        title: 'GraphQL',
        description: 'p99 by service and operation, and answers with errors a second.',
        unit: 'ms',
        lines: [
          [percentile(0.99, 'ott_graphql_query_duration_ms', 'le, service, operation'), '{{service}} {{operation}}'],
          ['sum by (service) (rate(ott_graphql_query_duration_ms_count{outcome="error"}[$__rate_interval]))', '{{service}} errors a second'],
        ],
      }),
    )
    .withPanel(graph({ title: 'Deliveries tried', description: 'By what they came to; pending: to be tried again.', unit: 'ops', lines: [['sum by (outcome) (rate(ott_deliveries_total{tenant=~"$tenant"}[$__rate_interval]))', '{{outcome}}']] }))
    .withPanel(graph({ title: 'Delivery, p99', description: 'Until the destination answered.', unit: 'ms', lines: [[percentile(0.99, 'ott_delivery_duration_ms', 'le, outcome'), '{{outcome}}']] }))
    .withPanel(graph({ title: 'Clients of the stream', description: 'Connected now.', unit: 'short', lines: [['sum by (instance) (ott_websocket_connections_total)', '{{instance}}']] }))
    .withRow(new RowBuilder('Processes'))
    .withPanel(graph({ title: 'CPU', description: 'Of one processor.', unit: 'percentunit', lines: [['rate(process_cpu_seconds_total{job="ott"}[$__rate_interval])', '{{service}}']] }))
    .withPanel(graph({ title: 'Memory', description: 'Resident.', unit: 'bytes', lines: [['process_resident_memory_bytes{job="ott"}', '{{service}}']] }))
    .withPanel(graph({ title: 'Event loop, p99', description: 'How long a turn waits.', unit: 's', lines: [['nodejs_eventloop_lag_p99_seconds{job="ott"}', '{{service}}']] }))
    .withPanel(graph({ title: 'Key rotations', description: 'Keys for personal data that were replaced.', unit: 'short', lines: [['sum(ott_encryption_key_rotations_total)', 'rotations']] }))
    .build()
}
