/** A row of the table in docs/metrics.md. */
export interface DocumentedMetric {
  readonly name: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly labels: readonly string[]
  readonly help: string
}

const types = ['counter', 'gauge', 'histogram'] as const

/** Reads the tables of docs/metrics.md: `| name | type | labels | services | meaning |`. */
export function documentedMetrics(markdown: string): DocumentedMetric[] {
  return markdown.split('\n').flatMap((line) => {
    const [, name = '', type = '', labels = '', , help = ''] = line.split('|').map((cell) => cell.trim())
    const [, metric] = /^`(ott_\w+)`$/.exec(name) ?? []
    if (metric === undefined) return []
    const known = types.find((one) => one === type)
    if (known === undefined) throw new Error(`docs/metrics.md: ${metric} has no type`)
    return [{ name: metric, type: known, labels: [...labels.matchAll(/`(\w+)`/g)].map(([, label = '']) => label), help }]
  })
}

/** The names under which Prometheus keeps a metric: a histogram is three. */
export function seriesOf({ name, type }: DocumentedMetric): string[] {
  return type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name]
}
