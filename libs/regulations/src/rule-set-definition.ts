import { severity } from '@ott/contracts/severity'
import { z } from 'zod'

const ownRulesBytesMax = 200 * 1024

const override = z
  .strictObject({
    rule: z.string().min(1).max(200),
    severity: severity.optional(),
    /** False takes the rule out. */
    enabled: z.boolean().optional(),
  })
  .refine((each) => each.severity !== undefined || each.enabled !== undefined, 'needs severity or enabled')

/** What a tenant writes of its rule set: which packs count, what it sees otherwise, and its own rules. */
export const ruleSetDefinition = z
  .strictObject({
    name: z.string().min(1).max(100),
    /** Regulations such as `gdpr`; `all` takes in those that later come with the product, too. */
    packs: z.union([z.literal('all'), z.array(z.string().min(1).max(100)).max(200)], { error: 'must be "all" or a list of regulations' }),
    overrides: z.array(override).max(1_000).default([]),
    /** YAML with `rules` and `lists` as in a pack; the ids of the rules begin with `own.` */
    ownRules: z
      .string()
      .min(1)
      .refine((text) => Buffer.byteLength(text) <= ownRulesBytesMax, `must be at most ${ownRulesBytesMax} bytes`)
      .optional(),
  })
  .superRefine(({ packs, overrides }, context) => {
    const report = (path: (string | number)[]) => context.addIssue({ code: 'custom', path, message: 'is there twice' })
    if (packs !== 'all') for (const index of repeated(packs)) report(['packs', index])
    for (const index of repeated(overrides.map(({ rule }) => rule))) report(['overrides', index, 'rule'])
  })
export type RuleSetDefinition = z.infer<typeof ruleSetDefinition>

function repeated(names: readonly string[]): number[] {
  const first = new Map(names.map((name, index) => [name, index] as const).reverse())
  return names.flatMap((name, index) => (first.get(name) === index ? [] : [index]))
}
