import { LineCounter, parseDocument, type YAMLError } from 'yaml'
import { complain, type ConfigurationProblem, fieldsOf, isEmpty, type Place, type Reading } from './configuration-place.ts'
import type { AlertingConfiguration } from './configuration.ts'
import { readGlobal } from './read-global.ts'
import { readInhibitRules } from './read-inhibit-rules.ts'
import { readEscalations, readOnCallSchedules } from './read-on-call.ts'
import { readReceivers, receiverNames } from './read-receivers.ts'
import { readRoutes } from './read-routes.ts'
import { readTimeIntervals } from './read-time-intervals.ts'

/** A configuration's text, in characters, at most. */
export const maxConfigurationLength = 256 * 1024

/** Conditions on labels in one text, at most. */
const maxMatchers = 2_000

export type ReadConfiguration =
  | { readonly ok: true; readonly configuration: AlertingConfiguration }
  /** In the order of the text, at least one. */
  | { readonly ok: false; readonly problems: readonly ConfigurationProblem[] }

const fields = ['global', 'route', 'receivers', 'inhibit_rules', 'time_intervals', 'mute_time_intervals', 'templates', 'on_call_schedules', 'escalations']

/**
 * Reads a tenant's configuration in Alertmanager's language (docs/configuration.md), with our `on_call_schedules`, `escalations`, `alertmanager_configs` and
 * `signing_secret`. What Alertmanager refuses is refused, and so is what it has and we don't: nothing that is written is left out in silence.
 * Any text gives an answer.
 */
export function readConfiguration(text: string): ReadConfiguration {
  if (text.length > maxConfigurationLength) return { ok: false, problems: [{ line: 1, column: 1, message: `a configuration has at most ${maxConfigurationLength} characters` }] }
  const lines = new LineCounter()
  // Pretty errors and the library's search for keys that are there twice take time that grows with the square of the text.
  const { contents, errors } = parseDocument(text, { lineCounter: lines, schema: 'core', prettyErrors: false, uniqueKeys: false, logLevel: 'silent' })
  const [first] = errors
  if (first !== undefined) return { ok: false, problems: [syntaxProblem(first, lines)] }
  if (contents === null) return { ok: false, problems: [{ line: 1, column: 1, message: 'the configuration is empty' }] }

  const reading: Reading = { lines, problems: [], left: { matchers: maxMatchers } }
  const configuration = readSections(reading, { node: contents, path: '' })
  if (configuration !== undefined && reading.problems.length === 0) return { ok: true, configuration }
  return { ok: false, problems: reading.problems.toSorted((a, b) => a.line - b.line || a.column - b.column) }
}

function readSections(reading: Reading, place: Place): AlertingConfiguration | undefined {
  const sections = fieldsOf(reading, place, { fields, unsupported })
  if (sections === undefined) return undefined
  const templates = sections.get('templates')
  if (templates !== undefined && !isEmpty(templates)) complain(reading, templates, 'templates are not supported: messages have our form')

  const defaults = readGlobal(reading, sections.get('global'))
  const receivers = receiverNames(reading, sections.get('receivers'))
  const timeIntervals = readTimeIntervals(reading, [sections.get('mute_time_intervals'), sections.get('time_intervals')])
  const known = { receivers, timeIntervals: new Set(timeIntervals.keys()) }
  const onCallSchedules = readOnCallSchedules(reading, sections.get('on_call_schedules'), known)
  const escalations = readEscalations(reading, sections.get('escalations'), { receivers, schedules: new Set(onCallSchedules.map(({ name }) => name)) })
  const inhibitRules = readInhibitRules(reading, sections.get('inhibit_rules'))
  const rootPlace = sections.get('route')
  if (rootPlace === undefined) complain(reading, place, 'route is missing')
  const route = rootPlace && readRoutes(reading, rootPlace, { ...known, escalations: new Set(escalations.map(({ name }) => name)) })
  const read = readReceivers(reading, sections.get('receivers'), defaults)
  if (route === undefined) return undefined
  return { resolveTimeoutMs: defaults.resolveTimeoutMs, route, receivers: read, inhibitRules, timeIntervals, onCallSchedules, escalations }
}

function syntaxProblem({ pos, message }: YAMLError, lines: LineCounter): ConfigurationProblem {
  const { line, col } = lines.linePos(pos[0])
  // What the parser quotes may be a secret.
  const words = message.includes('call stack') ? 'it is nested too deeply' : (message.split('\n')[0] ?? '').replace(/: ".*$/, '')
  return { line: Math.max(line, 1), column: Math.max(col, 1), message: `this isn't YAML: ${words}` }
}

function unsupported(field: string): string | undefined {
  if (field === 'tracing' || field === 'event_recorder') return 'is not supported: the operator decides it'
  return undefined
}
