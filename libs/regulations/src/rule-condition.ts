import { Environment, type ASTNode, type ObjectSchema, type ParseResult } from '@marcbachmann/cel-js'
import type { ViewerEventType } from '@ott/contracts/viewer-event-types'
import { cardNumberIn } from './card-number.ts'
import { consentQuestionOf, plainAnswers, problemOfEncoded, registerConsent, type ConsentQuestion } from './consent-in-cel.ts'
import { eventFields, fieldAt, type EventField } from './event-fields.ts'

/** A fault in a condition. Line and column count from 1 inside the condition. */
export interface ConditionProblem {
  readonly problem: string
  readonly line: number
  readonly column: number
}

export interface Condition {
  /** Evaluates over `{ event, consent }`; throws cel-js's EvaluationError. */
  readonly holds: ParseResult
  /** The fields it reads, without `event.`, in order of appearance; a field inside another stands for both. */
  readonly reads: readonly (readonly string[])[]
  /** What it asks of `consent`, each question once. */
  readonly answers: readonly ConsentAnswer[]
}

/** One question to `consent` and how to put it to an event. */
export interface ConsentAnswer {
  /** Such as `consent.tcf.purpose(4)`. */
  readonly name: string
  /** Evaluates over `{ event, consent }`; throws cel-js's EvaluationError. */
  readonly answer: ParseResult
}

/** Compiles the conditions of one pack: `lists` are the pack's named lists. */
export interface ConditionCompiler {
  compile(expression: string, eventTypes: readonly ViewerEventType[]): { condition: Condition } | { problems: ConditionProblem[] }
}

/** Bounds on one condition: rules are data, some day written by tenants, and run for every event. */
const limits = { maxAstNodes: 500, maxDepth: 40, maxListElements: 200, maxMapEntries: 50, maxCallArguments: 8 }

const timestampType = 'google.protobuf.Timestamp'

/**
 * What conditions may use beyond standard CEL. `instant` takes every time the event contract lets in, which CEL's `timestamp`
 * does not (more than nine fractional digits, the year 0). `plusYears` counts calendar years in UTC, as statutory periods do.
 * `cardNumberIn` looks for a payment card number in free text.
 */
function baseEnvironment(lists: Readonly<Record<string, readonly string[]>>): Environment {
  const environment = registerConsent(new Environment({ limits }))
    .registerFunction(`instant(string): ${timestampType}`, (text: string) => {
      const instant = new Date(text)
      if (Number.isNaN(instant.getTime())) throw new RangeError('instant() requires an RFC 3339 time')
      return instant
    })
    .registerFunction(`plusYears(${timestampType}, int): ${timestampType}`, (from: Date, years: bigint) => {
      const later = new Date(from)
      later.setUTCFullYear(later.getUTCFullYear() + Number(years))
      return later
    })
    .registerFunction('cardNumberIn(string): bool', (text: string) => cardNumberIn(text))
  for (const [name, values] of Object.entries(lists)) environment.registerConstant(name, 'list<string>', values)
  return environment
}

/** @throws when the name of a list is taken by CEL itself */
export function conditionCompiler(lists: Readonly<Record<string, readonly string[]>>): ConditionCompiler {
  const base = baseEnvironment(lists)
  // Events stay plain objects when rules run; the typed environments only check, since typed evaluation would copy every event.
  const running = base.clone().registerVariable('event', 'map')
  const checking = new Map<ViewerEventType, Environment>()
  const checkerOf = (type: ViewerEventType) => {
    const known = checking.get(type)
    if (known !== undefined) return known
    const schema = Object.fromEntries([...(eventFields(type).fields ?? [])].map(([name, field]) => [name, celSchemaOf(field)]))
    const made = base.clone().registerVariable('event', { schema })
    checking.set(type, made)
    return made
  }

  return {
    compile(expression, eventTypes) {
      let holds: ParseResult
      try {
        holds = running.parse(expression)
      } catch (error) {
        return { problems: [problemAt(expression, positionOf(error), summaryOf(error))] }
      }
      const use = fieldUseOf(holds.ast)
      const problems = use.problems.map(({ problem, position }) => problemAt(expression, position, problem))
      for (const type of eventTypes) {
        const before = problems.length
        problems.push(...fieldProblems(use, type).map(({ problem, position }) => problemAt(expression, position, problem)))
        if (problems.length > before) continue
        const checked = checkerOf(type).check(expression)
        if (!checked.valid) problems.push(problemAt(expression, positionOf(checked.error), `${summaryOf(checked.error)} (in ${type})`))
        else if (checked.type !== 'bool') problems.push(problemAt(expression, 0, `must be true or false, is ${checked.type}`))
      }
      if (problems.length > 0) return { problems }
      const { answers, problems: unanswerable } = answersOf(use.questions, running)
      if (unanswerable.length > 0) return { problems: unanswerable.map(({ problem, position }) => problemAt(expression, position, problem)) }
      holds.check()
      return { condition: { holds, reads: withoutPrefixes(use.reads.map(({ path }) => path)), answers } }
    },
  }
}

/** Questions ready to be put again for the evidence. The condition that they stand in has been checked. */
function answersOf(questions: readonly ConsentQuestion[], running: Environment): { answers: ConsentAnswer[]; problems: Located[] } {
  const answers = new Map<string, ConsentAnswer>()
  const problems: Located[] = []
  for (const { text, position } of questions) {
    const answer = running.parse(text)
    const { valid, type = '' } = answer.check()
    if (!valid) problems.push({ problem: `${text} depends on a variable of the condition: evidence could not show the answer`, position })
    else if (!plainAnswers.has(type)) problems.push({ problem: `say what of ${text} is meant`, position })
    else answers.set(text, { name: text, answer })
  }
  return { answers: [...answers.values()], problems }
}

function celSchemaOf({ celType, fields }: EventField): string | ObjectSchema {
  if (fields === undefined) return celType ?? 'dyn'
  return Object.fromEntries([...fields].map(([name, field]) => [name, celSchemaOf(field)]))
}

function positionOf(error: unknown): number {
  return (error as { range?: { start: number } } | undefined)?.range?.start ?? 0
}

function summaryOf(error: unknown): string {
  const { summary, message } = error as { summary?: string; message?: string }
  return summary ?? message ?? String(error)
}

function problemAt(expression: string, position: number, problem: string): ConditionProblem {
  const before = expression.slice(0, position).split('\n')
  return { problem, line: before.length, column: (before.at(-1)?.length ?? 0) + 1 }
}

interface Located {
  readonly problem: string
  readonly position: number
}
interface Read {
  readonly path: readonly string[]
  readonly position: number
  /** Asked whether it is there, by `has()` or `in`, rather than read. */
  readonly asked: boolean
}
interface FieldUse {
  readonly reads: Read[]
  readonly questions: ConsentQuestion[]
  readonly problems: Located[]
  /** Macros that the expression stands in: each goes through a list. */
  macros: number
}

/** What goes through a list. One within another would take as long as the lists are long, multiplied. */
const macros = new Set(['all', 'exists', 'exists_one', 'existsOne', 'map', 'filter'])

/** Which fields of the event an expression reads, and what it does that no condition may. */
function fieldUseOf(ast: ASTNode): FieldUse {
  const use: FieldUse = { reads: [], questions: [], problems: [], macros: 0 }
  visit(ast, use)
  return use
}

function visit(node: ASTNode, use: FieldUse): void {
  const path = pathOf(node)
  if (path !== undefined) {
    if (path.length === 0) use.problems.push({ problem: 'name the field of the event that is meant', position: node.start })
    else use.reads.push({ path, position: node.start, asked: false })
    return
  }
  const question = consentQuestionOf(node)
  if (question !== undefined) {
    use.questions.push(question)
    use.problems.push(...question.problems)
    question.args.forEach((each) => visit(each, use))
    return
  }
  switch (node.op) {
    case 'call': {
      const [name, args] = node.args
      if (name === 'has' && args[0] !== undefined && consentQuestionOf(args[0]) !== undefined) {
        use.problems.push({ problem: 'consent always answers: leave has() out', position: node.start })
      }
      const asked = name === 'has' && args[0] !== undefined ? pathOf(args[0]) : undefined
      if (asked !== undefined) use.reads.push({ path: asked, position: node.start, asked: true })
      else args.forEach((each) => visit(each, use))
      return
    }
    case 'rcall': {
      const [name, receiver, args] = node.args
      // JavaScript's regular expressions backtrack: one hostile event could hold up the whole partition.
      if (name === 'matches') {
        use.problems.push({ problem: 'matches() is not available: use startsWith, endsWith, contains or in', position: node.start })
      }
      visit(receiver, use)
      const isMacro = macros.has(name)
      if (isMacro && use.macros > 0) use.problems.push({ problem: `${name}() can not stand inside another of its kind`, position: node.start })
      if (isMacro) use.macros++
      args.forEach((each) => visit(each, use))
      if (isMacro) use.macros--
      return
    }
    case 'in': {
      const [key, container] = node.args
      const map = pathOf(container)
      if (key.op === 'value' && typeof key.args === 'string' && map !== undefined) {
        use.reads.push({ path: map, position: container.start, asked: false })
        use.reads.push({ path: [...map, key.args], position: node.start, asked: true })
        return
      }
      visit(key, use)
      visit(container, use)
      return
    }
    default:
      visitAll(node.args, use)
  }
}

function visitAll(args: unknown, use: FieldUse): void {
  if (Array.isArray(args)) args.forEach((each) => visitAll(each, use))
  else if (typeof args === 'object' && args !== null && 'op' in args) visit(args as ASTNode, use)
}

/** `event.data.consent["ads"]` as `['data', 'consent', 'ads']`; undefined for anything but a chain that starts at `event`. */
function pathOf(node: ASTNode): string[] | undefined {
  if (node.op === 'id') return node.args === 'event' ? [] : undefined
  if (node.op !== '.' && node.op !== '[]') return undefined
  const [parent, child] = node.args
  const key = typeof child === 'string' ? child : child.op === 'value' && typeof child.args === 'string' ? child.args : undefined
  return key === undefined ? undefined : pathOf(parent)?.concat(key)
}

/**
 * Fields that the type lacks, and optional ones read without asking first. The latter matters most under `!`: without the
 * question, `!has(event.data.consent.ads)` is an error, not true, for an event that has no `consent` at all.
 */
function fieldProblems({ reads }: FieldUse, type: ViewerEventType): Located[] {
  const root = eventFields(type)
  const asked = new Set(reads.filter((read) => read.asked).map(({ path }) => path.join('.')))
  const problems = new Map<string, Located>()
  const report = (name: string, problem: string, { position }: Read) => {
    if (!problems.has(name)) problems.set(name, { problem, position })
  }
  for (const read of reads) {
    if (read.path.includes('constructor')) report('constructor', 'no field that is read may be called constructor', read)
    const encoded = problemOfEncoded(read.path.join('.'))
    if (encoded !== undefined) report(read.path.join('.'), encoded, read)
    const isElement = read.asked && fieldAt(root, read.path.slice(0, -1))?.celType?.startsWith('list<')
    if (isElement) continue
    for (let length = 1; length <= read.path.length; length++) {
      const prefix = read.path.slice(0, length)
      const name = prefix.join('.')
      const field = fieldAt(root, prefix)
      if (field === undefined) {
        report(name, `${type} has no field ${name}`, read)
        break
      }
      const isTheQuestion = read.asked && length === read.path.length
      if (field.optional && !isTheQuestion && !asked.has(name)) {
        report(name, `${name} is optional: ask has(event.${name}) first`, read)
      }
    }
  }
  return [...problems.values()]
}

function withoutPrefixes(paths: readonly (readonly string[])[]): string[][] {
  const byName = new Map(paths.map((path) => [path.join('.'), [...path]]))
  const names = [...byName.keys()]
  const isPrefix = (name: string) => names.some((other) => other.startsWith(`${name}.`))
  return [...byName].filter(([name]) => !isPrefix(name)).map(([, path]) => path)
}
