import { parser } from '@prometheus-io/lezer-promql'

/** What a PromQL expression asks of one metric. */
export interface Selector {
  readonly metric: string
  /** Labels it matches. */
  readonly labels: readonly string[]
}

/** An expression is no PromQL. */
export class PromqlError extends Error {
  override name = 'PromqlError'
}

/** What Grafana puts into an expression before it asks: here, something of the same form. */
function withoutVariables(expression: string): string {
  return expression.replaceAll('$__rate_interval', '5m').replaceAll(/\$[a-z]\w*/g, 'x')
}

/**
 * Every selector of an expression, read by Prometheus' own grammar.
 * @throws PromqlError when the expression doesn't parse
 */
export function selectorsOf(expression: string): Selector[] {
  const text = withoutVariables(expression)
  const selectors: { metric: string; labels: string[] }[] = []
  parser.parse(text).iterate({
    enter({ type, from, to }) {
      if (type.isError) throw new PromqlError(`"${text}" is no PromQL at ${from}: "${text.slice(from, Math.max(to, from + 12))}"`)
      if (type.name === 'VectorSelector') selectors.push({ metric: '', labels: [] })
      const selector = selectors.at(-1)
      if (selector === undefined) return
      if (type.name === 'Identifier' && selector.metric === '') selector.metric = text.slice(from, to)
      if (type.name === 'LabelName' && isWithin(text, from)) selector.labels.push(text.slice(from, to))
    },
  })
  return selectors
}

/** Labels of `by (…)` and `on (…)` stand outside the braces of a selector. */
function isWithin(text: string, at: number): boolean {
  return text.lastIndexOf('{', at) > Math.max(text.lastIndexOf('}', at), text.lastIndexOf('(', at))
}
