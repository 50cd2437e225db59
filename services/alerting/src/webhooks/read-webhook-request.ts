import { subscribableEventTypes, type SubscribableEventType } from '@ott/contracts/webhook-event-types'
import { z } from 'zod'
import type { AddressGuard } from '../deliveries/address-guard.ts'

const urlCharsMax = 2_048
const day = 86_400

const known = new Set<string>(subscribableEventTypes)
const eventType = z
  .string()
  .max(64)
  .refine((text): text is SubscribableEventType => known.has(text), { error: ({ input }) => `"${String(input).slice(0, 64)}" is no event type; there are ${subscribableEventTypes.join(', ')}` })
const eventTypes = z.array(eventType).min(1).max(subscribableEventTypes.length).transform((types) => [...new Set(types)])
const description = z.string().max(500)

/** What is wrong with an address of a webhook as far as it can be told before it is called; undefined: nothing. */
function urlProblem(text: string, guard: AddressGuard): string | undefined {
  const url = URL.parse(text)
  if (url === null || !/^https?:\/\//i.test(text)) return 'must be an http or https URL'
  if (url.username !== '' || url.password !== '') return 'must not carry credentials: messages are signed instead'
  return guard.isHostAllowed(url.hostname) ? undefined : 'leads to an inner network, which is not allowed'
}

/** What the addresses of `/v1/webhooks` take. */
export function webhookRequests(guard: AddressGuard) {
  const url = z
    .string()
    .max(urlCharsMax)
    .superRefine((text, context) => {
      const problem = urlProblem(text, guard)
      if (problem !== undefined) context.addIssue({ code: 'custom', message: problem })
    })
  return {
    create: z.strictObject({ url, eventTypes, description: description.default(''), signature: z.enum(['v1', 'v1a']).default('v1') }),
    change: z
      .strictObject({ url: url.optional(), eventTypes: eventTypes.optional(), description: description.optional(), disabled: z.boolean().optional() })
      .refine((change) => Object.keys(change).length > 0, { error: 'must change something' }),
    rotate: z.strictObject({ overlapSeconds: z.number().int().min(0).max(7 * day).default(day) }),
    resend: z.union([
      z.strictObject({ since: z.iso.datetime({ offset: true }), includeDelivered: z.boolean().default(false) }),
      z.strictObject({ deliveryId: z.string().min(1).max(64) }),
    ]),
  }
}
