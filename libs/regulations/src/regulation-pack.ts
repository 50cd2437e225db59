import { severity } from '@ott/contracts/severity'
import { viewerEventTypes, type ViewerEventType } from '@ott/contracts/viewer-event-types'
import { parseDocument } from 'yaml'
import { z } from 'zod'

/** One thing wrong with a pack. `field` is a dotted path inside the rule, or inside the pack where `rule` is undefined. */
export interface PackProblem {
  readonly file: string
  readonly rule?: string | undefined
  readonly field: string
  readonly problem: string
}

/** A pack that can't be put in force. The message and `problems` name file, rule and field of everything found wrong. */
export class RegulationPackError extends Error {
  override readonly name = 'RegulationPackError'
  readonly problems: readonly PackProblem[]

  constructor(problems: readonly PackProblem[]) {
    const inRule = ({ rule }: PackProblem) => (rule === undefined ? '' : `rule ${rule}: `)
    super(problems.map((each) => `${each.file}: ${inRule(each)}${each.field}: ${each.problem}`).join('\n'))
    this.problems = problems
  }
}

const eventType = z.enum(Object.keys(viewerEventTypes) as [ViewerEventType, ...ViewerEventType[]], {
  error: ({ input }) => `"${String(input)}" is not in the catalogue of event types`,
})

const countries = z.array(z.string().regex(/^[A-Z]{2}$/, 'must be an ISO 3166-1 alpha-2 code such as "DE"')).min(1)

/** Where a rule applies: by the viewer's country, or everywhere, also when the country is unknown. */
const jurisdictions = z.union([z.literal('worldwide'), countries], {
  error: 'must be a list of country codes such as [DE, FR], or worldwide',
})

const fieldPath = z.string().regex(/^(type|subject|time|data(\.[^.\s{}]+)+)$/, 'must be a field path such as data.purpose')

const example = z.strictObject({
  name: z.string().min(1),
  /** Whether the rule must find this event in breach. */
  fires: z.boolean(),
  /** May be left out when the rule has one event type. */
  type: eventType.optional(),
  subject: z.string().min(1).default('viewer-1'),
  time: z.iso.datetime({ offset: true }).default('2026-01-15T12:00:00Z'),
  data: z.record(z.string(), z.unknown()),
})
export type RuleExample = z.infer<typeof example>

const rule = z
  .strictObject({
    id: z.string().regex(/^[a-z][a-z0-9-]*(\.[a-z0-9][a-z0-9-]*)+$/, 'must be like gdpr.art7.withdrawn-consent'),
    title: z.string().min(1),
    /** The provision as lawyers cite it, such as `GDPR Art. 7(3)`. */
    citation: z.string().min(1),
    /** Where its text can be read. */
    source: z.url({ protocol: /^https$/ }),
    severity,
    eventTypes: z.array(eventType).min(1),
    /** Overrides the pack's. */
    jurisdictions: jurisdictions.optional(),
    /** CEL over `event`: true means the event breaks the rule. */
    when: z.string().min(1),
    /** Fields kept as evidence; by default those the condition reads. */
    evidence: z.array(fieldPath).optional(),
    /** May hold placeholders such as `{data.purpose}`, never of personal fields. */
    message: z.string().min(1),
    remediation: z.string().min(1),
    examples: z.array(example),
  })
  .superRefine(({ examples, eventTypes }, context) => {
    for (const fires of [true, false]) {
      if (examples.filter((each) => each.fires === fires).length < 2) {
        context.addIssue({ code: 'custom', path: ['examples'], message: `needs at least two that ${fires ? 'fire' : 'do not fire'}` })
      }
    }
    const names = new Set<string>()
    for (const [index, { name, type }] of examples.entries()) {
      if (names.has(name)) context.addIssue({ code: 'custom', path: ['examples', index, 'name'], message: `"${name}" is there twice` })
      names.add(name)
      if (type === undefined ? eventTypes.length !== 1 : !eventTypes.includes(type)) {
        context.addIssue({ code: 'custom', path: ['examples', index, 'type'], message: "must be one of the rule's event types" })
      }
    }
  })
export type RegulationRule = z.infer<typeof rule>

const packSchema = z.strictObject({
  /** Short name, with which the ids of its rules begin. */
  regulation: z.string().regex(/^[a-z][a-z0-9-]*$/, 'must be lower-case letters, digits and hyphens'),
  name: z.string().min(1),
  jurisdictions,
  /** Named lists that conditions may use, such as `event.data.country in eea`. */
  lists: z.record(z.string().regex(/^[a-z][A-Za-z0-9]*$/, 'must be a name like exemptPurposes'), z.array(z.string()).min(1)).default({}),
  rules: z.array(rule).min(1),
})

/** The rules of one regulation, as data. */
export type RegulationPack = z.infer<typeof packSchema> & {
  /** Where it was read from: named in errors, no part of its version. */
  readonly file: string
}

/**
 * Reads a pack from the text of a YAML 1.2 file.
 * @throws {RegulationPackError} naming the file and, for everything wrong, the rule and field or the line and column
 */
export function parseRegulationPack(text: string, file: string): RegulationPack {
  const document = parseDocument(text, { prettyErrors: true })
  if (document.errors.length > 0) {
    throw new RegulationPackError(
      document.errors.map(({ message, linePos }) => ({
        file,
        field: linePos === undefined ? '(file)' : `line ${linePos[0].line}, column ${linePos[0].col}`,
        problem: message.split(/ at line \d+/)[0] ?? message,
      })),
    )
  }
  const content: unknown = document.toJS()
  const parsed = packSchema.safeParse(content)
  if (!parsed.success) throw new RegulationPackError(parsed.error.issues.map((issue) => packProblem(issue, content, file)))

  const { regulation, rules } = parsed.data
  const misnamed = rules.filter(({ id }) => !id.startsWith(`${regulation}.`))
  if (misnamed.length > 0) {
    throw new RegulationPackError(misnamed.map(({ id }) => ({ file, rule: id, field: 'id', problem: `must begin with "${regulation}."` })))
  }
  return { ...parsed.data, file }
}

function packProblem(issue: z.core.$ZodIssue, content: unknown, file: string): PackProblem {
  const [top, index, ...rest] = issue.path
  const unknownKeys = issue.code === 'unrecognized_keys' ? issue.keys : []
  const problem = unknownKeys.length > 0 ? 'is not a known field' : issue.message
  const fieldOf = (path: readonly PropertyKey[]) => [...path, ...unknownKeys.slice(0, 1)].map(String).join('.') || '(all)'
  if (top !== 'rules' || typeof index !== 'number') return { file, field: fieldOf(issue.path), problem }
  const id: unknown = (content as { rules: { id?: unknown }[] }).rules[index]?.id
  return { file, rule: typeof id === 'string' ? id : `rules[${index}]`, field: fieldOf(rest), problem }
}

/** The event an example stands for, as `evaluate` takes it. */
export function exampleEvent({ eventTypes }: RegulationRule, { type, subject, time, data }: RuleExample) {
  return { type: type ?? (eventTypes[0] as ViewerEventType), subject, time, data }
}
