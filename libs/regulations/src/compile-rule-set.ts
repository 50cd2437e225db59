import { hash } from 'node:crypto'
import type { ParseResult } from '@marcbachmann/cel-js'
import { createConsentReader, type ConsentReader } from '@ott/consent-signals/consent-reader'
import type { Severity } from '@ott/contracts/severity'
import { eventFields, fieldAt, type EventField } from './event-fields.ts'
import { problemOfEncoded } from './consent-in-cel.ts'
import { RegulationPackError, type PackProblem, type RegulationPack, type RegulationRule } from './regulation-pack.ts'
import { conditionCompiler, type Condition, type ConsentAnswer } from './rule-condition.ts'

/** A rule ready to judge events. */
export interface CompiledRule {
  readonly id: string
  readonly regulation: string
  readonly title: string
  readonly citation: string
  readonly source: string
  readonly severity: Severity
  readonly remediation: string
  /** The condition over `{ event, consent }`; may throw. */
  readonly holds: ParseResult
  /** Fields kept as evidence. */
  readonly evidence: readonly FieldReader[]
  /** What the condition asks of `consent`, kept as evidence, too. */
  readonly answers: readonly ConsentAnswer[]
  /** Text and, between its pieces, the fields that fill the gaps. */
  readonly message: { readonly texts: readonly string[]; readonly fields: readonly FieldReader[] }
}

/** A field of an event by its path, such as `data.consent.ads`. */
export interface FieldReader {
  readonly name: string
  readonly path: readonly string[]
}

/** The rules in force, indexed by event type and the viewer's country. */
export interface CompiledRuleSet {
  /** Name and content hash, such as `builtin-3f9a1c20b7de`: the same rules have the same version wherever they are compiled. */
  readonly version: string
  /** The rules an event is judged by, always in the same order. Without a country only rules that apply worldwide. */
  for(type: string, country?: string): readonly CompiledRule[]
  /** Reads the consent signals that conditions ask for. */
  readonly consent: ConsentReader
}

/**
 * Compiles packs into a rule set. Every condition is parsed, checked against the fields of each event type it names and type-checked.
 * @param name first part of the version
 * @throws {RegulationPackError} naming file, rule, line and column (from 1, inside the condition) of every fault
 */
export function compileRuleSet(packs: readonly RegulationPack[], name = 'builtin'): CompiledRuleSet {
  const ordered = [...packs].sort((a, b) => (a.regulation < b.regulation ? -1 : 1))
  const problems: PackProblem[] = []
  const index = new Map<string, TypeIndex>()
  const ids = new Set<string>()
  for (const pack of ordered) {
    const compiler = compilerOf(pack, problems)
    for (const rule of pack.rules) {
      const { id } = rule
      if (ids.has(id)) problems.push({ file: pack.file, rule: id, field: 'id', problem: 'is there twice' })
      ids.add(id)
      const compiled = compiler && compileRule(pack, rule, compiler, problems)
      if (compiled !== undefined) addToIndex(index, compiled, rule, pack)
    }
  }
  if (problems.length > 0) throw new RegulationPackError(problems)

  return {
    version: `${name}-${contentHash(ordered)}`,
    consent: createConsentReader({ cacheEntriesMax: consentStringsMax }),
    for(type, country) {
      const rules = index.get(type)
      if (rules === undefined) return noRules
      return (country !== undefined && rules.byCountry.get(country)) || rules.worldwide
    },
  }
}

/** Strings that a rule set keeps decoded, of each kind: about as many viewers as watch at the same time on one partition. */
const consentStringsMax = 1_000

const noRules: readonly CompiledRule[] = []

interface TypeIndex {
  readonly byCountry: Map<string, CompiledRule[]>
  readonly worldwide: CompiledRule[]
}

/** Each country's list holds the worldwide rules too, so that a look-up joins nothing. */
function addToIndex(index: Map<string, TypeIndex>, compiled: CompiledRule, rule: RegulationRule, pack: RegulationPack): void {
  const jurisdictions = rule.jurisdictions ?? pack.jurisdictions
  for (const type of new Set(rule.eventTypes)) {
    const rules = index.get(type) ?? { byCountry: new Map<string, CompiledRule[]>(), worldwide: [] }
    index.set(type, rules)
    if (jurisdictions === 'worldwide') {
      rules.worldwide.push(compiled)
      for (const list of rules.byCountry.values()) list.push(compiled)
      continue
    }
    for (const country of new Set(jurisdictions)) {
      const list = rules.byCountry.get(country) ?? [...rules.worldwide]
      rules.byCountry.set(country, list)
      list.push(compiled)
    }
  }
}

/** Examples prove a rule but decide nothing: adding one is no new version. */
function contentHash(packs: readonly RegulationPack[]): string {
  const content = packs.map(({ file: _file, rules, ...pack }) => {
    return { ...pack, rules: rules.map(({ examples: _examples, ...rule }) => rule) }
  })
  return hash('sha256', JSON.stringify(content), 'hex').slice(0, 12)
}

type Compiler = ReturnType<typeof conditionCompiler>

function compilerOf({ file, lists }: RegulationPack, problems: PackProblem[]): Compiler | undefined {
  try {
    return conditionCompiler(lists)
  } catch (error) {
    problems.push({ file, field: 'lists', problem: error instanceof Error ? error.message : String(error) })
    return undefined
  }
}

function compileRule(pack: RegulationPack, rule: RegulationRule, compiler: Compiler, problems: PackProblem[]): CompiledRule | undefined {
  const at = { file: pack.file, rule: rule.id }
  const compiled = compiler.compile(rule.when, rule.eventTypes)
  if ('problems' in compiled) {
    for (const { problem, line, column } of compiled.problems) {
      problems.push({ ...at, field: `when, line ${line}, column ${column}`, problem })
    }
  }
  const message = compileMessage(rule)
  const evidence = rule.evidence?.map(readerOf)
  problems.push(...[...message.problems, ...evidenceProblems(rule, evidence ?? [])].map((problem) => ({ ...at, ...problem })))
  if ('problems' in compiled) return undefined
  return {
    id: rule.id,
    regulation: pack.regulation,
    title: rule.title,
    citation: rule.citation,
    source: rule.source,
    severity: rule.severity,
    remediation: rule.remediation,
    holds: compiled.condition.holds,
    evidence: evidence ?? evidenceOf(compiled.condition),
    answers: compiled.condition.answers,
    message: { texts: message.texts, fields: message.fields },
  }
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
  for (const { name, path } of fields) {
    for (const type of eventTypes) {
      const problem = placeholderProblem(name, fieldAt(eventFields(type), path), type)
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
