import { parse } from 'yaml'
import { parseDuration } from '../duration.ts'
import type { ConformanceCase } from './conformance-case.ts'

export interface ConfigurationOptions {
  /** Where receivers are told: `/<receiver>/<n-th integration>` is put behind it. */
  readonly baseUrl: string
  /** How many times faster than said everything happens. */
  readonly speed: number
}

const quick = { group_wait: '30s', group_interval: '60s', repeat_interval: '150s' }
const durations = ['group_wait', 'group_interval', 'repeat_interval']
const defaults = { group_wait: '30s', group_interval: '5m', repeat_interval: '4h' }

/** The label that tells the alerts of one case from those of another. */
export const caseLabel = 'case'

/** What cases have in common a name for, made the case's own: `c7-team`. */
export function nameIn(id: string, name: string): string {
  return `${id}-${name}`
}

/**
 * One configuration for all of the cases, by id: each has a route of its own below the root, told by the label `case`, and receivers, rules and intervals that bear
 * its id. JSON, which is YAML.
 */
export function configurationOf(cases: ReadonlyMap<string, ConformanceCase>, { baseUrl, speed }: ConfigurationOptions): string {
  const parts = [...cases].map(([id, one]) => partsOf(id, one, { baseUrl, speed }))
  return JSON.stringify({
    global: { resolve_timeout: faster('5m', speed) },
    route: { receiver: 'nobody', routes: parts.map(({ route }) => route) },
    receivers: [{ name: 'nobody' }, ...parts.flatMap(({ receivers }) => receivers)],
    inhibit_rules: parts.flatMap(({ inhibitRules }) => inhibitRules),
    time_intervals: parts.flatMap(({ timeIntervals }) => timeIntervals),
  })
}

/** Matchers of a case hold for its own alerts only. */
export function matchersIn(id: string, matchers: readonly string[]): string[] {
  return [`${caseLabel}="${id}"`, ...matchers]
}

function partsOf(id: string, one: ConformanceCase, { baseUrl, speed }: ConfigurationOptions) {
  // Alertmanager's defaults can't be made faster by leaving them out.
  const timing = speed === 1 && one.timing === 'default' ? {} : one.timing === 'default' ? defaults : quick
  const routes = one.routes.map((text) => asObject(parse(text)))
  const receivers = [...new Set(routes.flatMap(receiversOf))].map((name) => {
    const integrations = name === 'nobody' ? [] : (one.receivers?.[name] ?? [{ sendResolved: true }])
    return {
      name: nameIn(id, name),
      webhook_configs: integrations.map(({ sendResolved }, index) => ({ url: `${baseUrl}/${nameIn(id, name)}/${index}`, send_resolved: sendResolved })),
    }
  })
  const own = { matchers: [`${caseLabel}="${id}"`], receiver: 'nobody', ...timing, routes }
  return {
    route: inCase(id, own, speed),
    receivers,
    inhibitRules: (one.inhibitRules ?? []).map((text) => {
      const rule = asObject(parse(text))
      const bound = (field: string) => ({ [field]: matchersIn(id, (rule[field] as string[] | undefined) ?? []) })
      return { ...rule, ...bound('source_matchers'), ...bound('target_matchers') }
    }),
    timeIntervals: Object.entries(one.timeIntervals ?? {}).map(([name, list]) => ({ name: nameIn(id, name), time_intervals: parse(list) as unknown })),
  }
}

/** A route as it is within all of the cases: its names are the case's own, and its durations faster. */
function inCase(id: string, route: Record<string, unknown>, speed: number): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(route).map(([field, value]) => {
      if (field === 'routes') return [field, (value as unknown[]).map((child) => inCase(id, asObject(child), speed))]
      if (field === 'receiver') return [field, value === 'nobody' ? value : nameIn(id, String(value))]
      if (field.endsWith('_time_intervals')) return [field, (value as string[]).map((name) => nameIn(id, name))]
      return [field, durations.includes(field) ? faster(String(value), speed) : value]
    }),
  )
}

function receiversOf(route: Record<string, unknown>): string[] {
  const below = (route.routes as unknown[] | undefined) ?? []
  return [...(route.receiver === undefined || route.receiver === 'nobody' ? [] : [String(route.receiver)]), ...below.flatMap((child) => receiversOf(asObject(child)))]
}

function faster(duration: string, speed: number): string {
  const ms = parseDuration(duration)
  if (ms === undefined) throw new Error(`'${duration}' isn't a duration`)
  return speed === 1 ? duration : `${Math.round(ms / speed)}ms`
}

function asObject(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error('a case has a mapping here')
  return value as Record<string, unknown>
}
