import { z } from 'zod'
import { brokenReasons } from './decision-log-reasons.ts'
import { personal } from './privacy.ts'

const time = z.iso.datetime()
const count = z.number().int().min(0)
const sequence = z.number().int().min(1).describe("The entry's place in the tenant's chain, from 1.")
const digits = (bytes: number) => z.string().regex(new RegExp(`^[0-9a-f]{${bytes * 2}}$`))

const entry = z.object({
  sequence,
  kind: z.enum(['event', 'change']),
  key: digits(16).describe('Of the event, or of the change.'),
  digest: digits(32).describe('SHA-256 of what was decided.'),
  hash: digits(32),
  at: time.describe('When it was sealed.'),
  eventId: personal('sensitive', z.string().nullable()).describe('Null for a change, and where the event is erased.'),
})

const checkpoint = z.object({
  tenantId: z.string(),
  sequence,
  hash: digits(32).describe('Of that entry.'),
  at: time,
  keyId: z.string(),
  signature: z.string().describe('Ed25519, base64url.'),
})

const keys = z
  .array(z.object({ kty: z.literal('OKP'), crv: z.literal('Ed25519'), x: z.string(), kid: z.string(), use: z.literal('sig') }))
  .describe('By which checkpoints are checked, the present one first. Empty: none are signed.')

const pageOf = <Item extends z.ZodType>(item: Item) => z.object({ items: z.array(item), next: z.string().nullable().describe('Cursor of the page after this one.') })

/** The decision log: entries, checkpoints, and what checking it comes to. */
export const decisionLogShapes = {
  DecisionLogPage: pageOf(entry),
  DecisionCheckpointPage: pageOf(checkpoint),
  DecisionLogKeys: z.object({ keys }),
  DecisionLogVerification: z.object({
    valid: z.boolean().describe('Nothing that was looked at is broken.'),
    isComplete: z.boolean().describe('All that was asked for was looked at.'),
    entries: count.describe('Looked at by this answer.'),
    erased: count.describe('Of these, entries about somebody who was erased since.'),
    events: count.describe('Processed events looked at for their entries.'),
    from: sequence.nullable(),
    to: sequence.nullable(),
    head: z.object({ sequence: count, hash: digits(32) }).describe('The last entry.'),
    pending: count.describe('Entries that wait for their place in the chain.'),
    checkpoints: z.object({ checked: count, lastSigned: checkpoint.nullable(), isSigning: z.boolean().describe('Whether the installation has a key.') }),
    firstBroken: z
      .object({
        sequence: sequence.nullable().describe('Null for an event without an entry.'),
        reason: z.enum(brokenReasons),
        key: digits(16).optional(),
      })
      .optional(),
    keys,
    next: z.string().nullable().describe('Cursor by which checking goes on; null: this was the last step.'),
    tookMs: count,
  }),
  EventProof: z.object({
    tenantId: z.string(),
    eventId: personal('sensitive', z.string()),
    content: personal('sensitive', z.string()).describe('What was decided, with its salt: the digest is the SHA-256 of this text.'),
    entry: z.object({ sequence, key: digits(16), digest: digits(32), at: time, previousHash: digits(32), hash: digits(32) }),
    path: z.array(z.object({ key: digits(16), digest: digits(32), at: time })).describe('The entries that follow, up to the checkpoint.'),
    checkpoint: checkpoint.nullable().describe('Null: none covers it yet.'),
    keys,
  }),
} as const satisfies Record<string, z.ZodType>
