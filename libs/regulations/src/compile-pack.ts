import { hash } from 'node:crypto'
import type { ViewerEventType } from '@ott/contracts/viewer-event-types'
import type { CompiledRule, CompiledStep, Deadline, FieldReader, Sequence } from './compiled-rule.ts'
import { problemOfEncoded } from './consent-in-cel.ts'
import { eventFields, fieldAt, type EventField } from './event-fields.ts'
import { parsePeriod, type Period } from './period.ts'
import { RegulationPackError, type PackProblem, type RegulationPack } from './regulation-pack.ts'
import type { RegulationRule } from './regulation-rule.ts'
import { conditionCompiler, type Condition, type ConditionCompiler } from './rule-condition.ts'

/** The rules of one pack, ready to judge. */
export interface CompiledPack {
  readonly regulation: string
  readonly name: string
  readonly rules: readonly CompiledRule[]
}

/**
 * Compiles a pack. Every condition is parsed, checked against the fields of each event type it names and type-checked.
 * @throws {RegulationPackError} naming file, rule, line and column (from 1, inside the condition) of every fault
 */
export function compilePack(pack: RegulationPack): CompiledPack {
  const problems: PackProblem[] = []
  const compiler = compilerOf(pack, problems)
  const rules = compiler === undefined ? [] : pack.rules.flatMap((rule) => compileRule(pack, rule, compiler, problems) ?? [])
  if (problems.length > 0) throw new RegulationPackError(problems)
  return { regulation: pack.regulation, name: pack.name, rules }
}

function compilerOf({ file, lists }: RegulationPack, problems: PackProblem[]): ConditionCompiler | undefined {
  try {
    return conditionCompiler(lists)
  } catch (error) {
    problems.push({ file, field: 'lists', problem: error instanceof Error ? error.message : String(error) })
    return undefined
  }
}

function compileRule(pack: RegulationPack, rule: RegulationRule, compiler: ConditionCompiler, problems: PackProblem[]): CompiledRule | undefined {
  const at = { file: pack.file, rule: rule.id }
  const before = problems.length
  const report = (field: string, problem: string, place: { line?: number; column?: number } = {}) => problems.push({ ...at, field, problem, ...place })
  const compile = (field: string, expression: string, eventTypes: readonly ViewerEventType[]): Condition | undefined => {
    const compiled = compiler.compile(expression, eventTypes)
    if ('condition' in compiled) return compiled.condition
    for (const { problem, line, column } of compiled.problems) report(`${field}, line ${line}, column ${column}`, problem, { line, column })
    return undefined
  }
  const condition = compile('when', rule.when, rule.eventTypes)
  const timing = compileTiming(rule, compile, report)
  const message = compileMessage(rule)
  const evidence = rule.evidence?.map(readerOf)
  for (const { field, problem } of [...message.problems, ...evidenceProblems(rule, evidence ?? [])]) report(field, problem)
  if (condition === undefined || problems.length > before) return undefined
  return {
    id: rule.id,
    key: keyOf(pack, rule),
    regulation: pack.regulation,
    title: rule.title,
    citation: rule.citation,
    source: rule.source,
    severity: rule.severity,
    remediation: rule.remediation,
    eventTypes: [...new Set(rule.eventTypes)],
    jurisdictions: rule.jurisdictions ?? pack.jurisdictions,
    holds: condition.holds,
    evidence: evidence ?? evidenceOf(condition),
    answers: condition.answers,
    message: { texts: message.texts, fields: message.fields },
    timing,
  }
}

/** Everything that decides or explains, and nothing else: neither examples nor severity. */
function keyOf({ lists, jurisdictions }: RegulationPack, { examples: _examples, severity: _severity, ...rule }: RegulationRule): string {
  return hash('sha256', JSON.stringify({ ...rule, lists, jurisdictions: rule.jurisdictions ?? jurisdictions }), 'hex').slice(0, 16)
}

type Compile = (field: string, expression: string, eventTypes: readonly ViewerEventType[]) => Condition | undefined
type Report = (field: string, problem: string) => void

function compileTiming({ eventTypes, after, unless, deadline }: RegulationRule, compile: Compile, report: Report): Sequence | Deadline | undefined {
  const stepOf = (field: string, step: { eventTypes: ViewerEventType[]; when: string }): CompiledStep | undefined => {
    const condition = compile(`${field}.when`, step.when, step.eventTypes)
    return condition && { eventTypes: [...new Set(step.eventTypes)], holds: condition.holds }
  }
  const readable = (field: string, path: string | undefined, types: readonly ViewerEventType[]): FieldReader | undefined => {
    if (path === undefined) return undefined
    const reader = readerOf(path)
    for (const type of types) {
      const found = fieldAt(eventFields(type), reader.path)
      if (found === undefined) report(field, `${type} has no field ${path}`)
      else if (!scalarTypes.has(found.celType ?? '')) report(field, `${path} is no single value`)
    }
    return reader
  }
  if (after !== undefined) {
    const first = stepOf('after', after)
    const lifting = unless && stepOf('unless', unless)
    const per = readable('after.per', after.per, [...eventTypes, ...after.eventTypes, ...(unless?.eventTypes ?? [])])
    const distinct = readable('after.distinct', after.distinct, after.eventTypes)
    if (first === undefined || per === undefined) return undefined
    return { kind: 'sequence', first, lifting, within: periodOf(after.within), atLeast: after.atLeast, lookBackOnly: after.lookBackOnly, distinct, per }
  }
  if (deadline !== undefined) {
    const { until, extension } = deadline
    const stop = stepOf('deadline.until', until)
    const prolonging = extension && stepOf('deadline.extension', extension)
    const match = readable('deadline.match', deadline.match, [...eventTypes, ...until.eventTypes, ...(extension?.eventTypes ?? [])])
    if (stop === undefined) return undefined
    return {
      kind: 'deadline',
      stop,
      within: periodOf(deadline.within),
      match,
      extension: prolonging && extension && { ...prolonging, within: periodOf(extension.within) },
    }
  }
  return undefined
}

/** The schema checked it. */
function periodOf(text: string): Period {
  return parsePeriod(text) ?? { months: 0, ms: 0, businessDays: 0 }
}

function readerOf(name: string): FieldReader {
  return { name, path: name.split('.') }
}

function evidenceOf({ reads }: Condition): FieldReader[] {
  return reads.map((path) => ({ name: path.join('.'), path }))
}

function evidenceProblems({ eventTypes }: RegulationRule, evidence: readonly FieldReader[]): { field: string; problem: string }[] {
  const encoded = evidence.flatMap(({ name }) => problemOfEncoded(name) ?? []).map((problem) => ({ field: 'evidence', problem }))
  if (encoded.length > 0) return encoded
  return eventTypes.flatMap((type) => {
    const root = eventFields(type)
    const unknown = evidence.filter(({ path }) => fieldAt(root, path) === undefined)
    return unknown.map(({ name }) => ({ field: 'evidence', problem: `${type} has no field ${name}` }))
  })
}

/** Messages travel to alerts, logs and dashboards, so they may hold no personal field; evidence stays with the tenant's violation. */
function compileMessage({ message, eventTypes }: RegulationRule) {
  const pieces = message.split(/\{([^{}]*)\}/)
  const texts = pieces.filter((_, index) => index % 2 === 0)
  const fields = pieces.filter((_, index) => index % 2 === 1).map(readerOf)
  const problems: { field: string; problem: string }[] = []
  if (texts.some((text) => /[{}]/.test(text))) problems.push({ field: 'message', problem: 'has a brace without its partner' })
  const roots = new Map(eventTypes.map((type) => [type, eventFields(type)]))
  for (const { name, path } of fields) {
    for (const [type, root] of roots) {
      const problem = placeholderProblem(name, fieldAt(root, path), type)
      if (problem !== undefined) problems.push({ field: 'message', problem })
    }
  }
  return { texts, fields, problems }
}

function placeholderProblem(name: string, field: EventField | undefined, type: string): string | undefined {
  if (field === undefined) return `${type} has no field ${name}`
  if (field.privacy !== undefined) return `${name} is personal (${field.privacy}), which no message may hold`
  return scalarTypes.has(field.celType ?? '') ? undefined : `${name} is no single value`
}

const scalarTypes = new Set(['string', 'bool', 'double'])
