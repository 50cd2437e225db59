import { parseDocument } from 'yaml'
import { z } from 'zod'
import { jurisdictions, regulationRule } from './regulation-rule.ts'

/** One thing wrong with a pack. `field` is a dotted path inside the rule, or inside the pack where `rule` is undefined. */
export interface PackProblem {
  readonly file: string
  readonly rule?: string | undefined
  readonly field: string
  readonly problem: string
  /** Where in the text of a condition, from 1; `field` says it as well. */
  readonly line?: number | undefined
  readonly column?: number | undefined
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

const listName = z.string().regex(/^[a-z][A-Za-z0-9]*$/, 'must be a name like exemptPurposes')
/** Named lists that conditions may use, such as `event.data.country in eea`. */
export const lists = z.record(listName, z.array(z.string()).min(1).max(1_000)).default({})

const packSchema = z.strictObject({
  /** Short name, with which the ids of its rules begin. */
  regulation: z.string().regex(/^[a-z][a-z0-9-]*$/, 'must be lower-case letters, digits and hyphens'),
  name: z.string().min(1),
  jurisdictions,
  lists,
  rules: z.array(regulationRule).min(1),
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
