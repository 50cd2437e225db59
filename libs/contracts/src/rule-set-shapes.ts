import { z } from 'zod'
import { severity } from './severity.ts'
import { viewerEventTypes } from './viewer-event-types.ts'

const time = z.iso.datetime()
const count = z.number().int().min(0)
const keyId = z.string().describe('Id of an API key.')
const fault = z.object({
  field: z.string(),
  problem: z.string(),
  line: z.number().int().min(1).optional().describe('In the YAML that was sent; where the definition was JSON, in the text of `ownRules`. From 1.'),
  column: z.number().int().min(1).optional(),
})

const regulation = z.object({
  id: z.string(),
  name: z.string(),
  jurisdictions: z.array(z.string()).describe('ISO 3166-1 and 3166-2 codes, or `worldwide`.'),
  rules: count,
})

const step = z.looseObject({ eventTypes: z.array(z.string()), when: z.string() })

const regulationRule = z.object({
  id: z.string(),
  regulation: z.string(),
  title: z.string(),
  citation: z.string(),
  source: z.string().describe('Where the law can be read.'),
  severity,
  kind: z.enum(['event', 'sequence', 'deadline']).describe('About one event, about what came before it, or about what must follow.'),
  eventTypes: z.array(z.enum(Object.keys(viewerEventTypes) as [string, ...string[]])),
  jurisdictions: z.array(z.string()),
  when: z.string().describe('CEL.'),
  message: z.string(),
  remediation: z.string(),
  after: step.optional(),
  unless: step.optional(),
  deadline: z.looseObject({ within: z.string(), until: step }).optional(),
})

const ruleSetDefinition = z.object({
  name: z.string().min(1).max(100),
  packs: z.union([z.literal('all'), z.array(z.string()).max(200)]).describe('Regulations, or `all`: also those that later come with the product.'),
  overrides: z
    .array(z.object({ rule: z.string(), severity: severity.optional(), enabled: z.boolean().optional().describe('False takes the rule out.') }))
    .max(1_000)
    .optional(),
  ownRules: z.string().optional().describe('YAML with `rules`, `lists` and `jurisdictions` as in a pack; at most 200 KiB and 500 rules, whose ids begin with `own.`'),
})

const ruleSet = z.object({
  id: z.string(),
  number: z.number().int().min(1),
  name: z.string(),
  status: z.enum(['draft', 'shadow', 'published', 'retired']),
  revision: z.number().int().min(1).describe('Also the ETag.'),
  version: z.string().nullable().describe('As events name it; null for a draft that does not compile.'),
  definition: ruleSetDefinition,
  authors: z.array(keyId),
  createdAt: time,
  changedAt: time,
  shadowedAt: time.nullable(),
  approvedBy: keyId.nullable(),
  approvedAt: time.nullable(),
  withoutEvidence: z.string().nullable().describe('Why it may be published without shadow or backtest.'),
  publishedBy: keyId.nullable(),
  publishedAt: time.nullable(),
  retiredAt: time.nullable(),
})

const transition = z.object({
  sequence: z.number().int(),
  at: time,
  by: keyId,
  action: z.enum(['create', 'change', 'shadow', 'approve', 'publish', 'supersede', 'retire']),
  revision: z.number().int(),
  version: z.string().nullable(),
  reason: z.string().nullable(),
})

/** Rule sets, the packs they choose from, and the keys of those who approve them. */
export const ruleSetShapes = {
  RegulationList: z.object({ items: z.array(regulation) }),
  Regulation: regulation.extend({ items: z.array(regulationRule) }),
  RegulationRule: regulationRule,
  RegulationRuleList: z.object({ items: z.array(regulationRule) }),
  RuleSetDefinition: ruleSetDefinition,
  RuleSet: ruleSet.extend({
    transitions: z.array(transition),
    problems: z.array(fault).optional().describe('After it was written: what keeps it from going anywhere.'),
  }),
  RuleSetPage: z.object({
    items: z.array(ruleSet).describe('Without `ownRules` in their definitions.'),
    next: z.string().nullable().describe('Cursor of the page after this one.'),
  }),
  RuleSetCheck: z.object({
    ok: z.boolean(),
    version: z.string().nullable(),
    undecided: z.array(z.string()).describe('Own rules too tangled to tell whether they can ever be broken.'),
    problems: z.array(fault),
  }),
  RuleSetApproval: z.strictObject({
    withoutEvidence: z.literal(true).optional(),
    reason: z.string().min(10).max(1_000).optional().describe('Required with `withoutEvidence`; kept with the rule set.'),
  }),
  ApiKeyRequest: z.strictObject({ id: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/) }),
  NewApiKey: z.object({ id: z.string(), key: z.string().describe('Shown once.') }),
  ApiKeyList: z.object({ items: z.array(z.object({ id: z.string(), createdAt: time, isCalling: z.boolean().describe('Whether this request was made with it.') })) }),
} as const satisfies Record<string, z.ZodType>
