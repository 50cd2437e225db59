import { z } from 'zod'
import type { Answer, Received } from './http-receiver.ts'

const plainText = z.strictObject({ type: z.literal('plain_text'), text: z.string().min(1).max(3_000), emoji: z.boolean().optional() })
const mrkdwn = z.strictObject({ type: z.literal('mrkdwn'), text: z.string().min(1).max(3_000), verbatim: z.boolean().optional() })
const text = z.discriminatedUnion('type', [plainText, mrkdwn])
const block = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('section'), text: text.optional(), fields: z.array(text).min(1).max(10).optional() }),
  z.strictObject({ type: z.literal('divider') }),
  z.strictObject({ type: z.literal('context'), elements: z.array(text).min(1).max(10) }),
])

/** Slack: "Sending messages using incoming webhooks" and the reference of Block Kit. */
const slack = z.strictObject({
  channel: z.string().optional(),
  text: z.string().min(1),
  mrkdwn: z.boolean(),
  link_names: z.boolean(),
  unfurl_links: z.boolean(),
  attachments: z.array(z.strictObject({ color: z.string().regex(/^#[0-9a-f]{6}$/), fallback: z.string(), blocks: z.array(block).min(1).max(50) })).max(100),
})

export function answerAsSlack({ body }: Received): Answer {
  return slack.safeParse(JSON.parse(body)).success ? { status: 200, headers: { 'content-type': 'text/html' }, body: 'ok' } : { status: 400, body: 'invalid_blocks' }
}

/** PagerDuty: "Send an Alert Event" of the Events API v2. */
const pagerduty = z.strictObject({
  routing_key: z.string().length(32),
  event_action: z.enum(['trigger', 'acknowledge', 'resolve']),
  dedup_key: z.string().min(1).max(255),
  client: z.string().optional(),
  client_url: z.url().optional(),
  payload: z.strictObject({
    summary: z.string().min(1).max(1_024),
    source: z.string().min(1),
    severity: z.enum(['critical', 'warning', 'error', 'info']),
    timestamp: z.iso.datetime().optional(),
    component: z.string().optional(),
    group: z.string().optional(),
    class: z.string().optional(),
    custom_details: z.record(z.string(), z.unknown()).optional(),
  }),
})

export function answerAsPagerduty({ body }: Received): Answer {
  const headers = { 'content-type': 'application/json' }
  const read = pagerduty.safeParse(JSON.parse(body))
  if (read.success) return { status: 202, headers, body: JSON.stringify({ status: 'success', message: 'Event processed', dedup_key: read.data.dedup_key }) }
  return { status: 400, headers, body: JSON.stringify({ status: 'invalid event', message: 'Event object is invalid', errors: read.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) }) }
}

const textRun = z.strictObject({ type: z.literal('TextRun'), text: z.string().min(1), weight: z.enum(['Lighter', 'Default', 'Bolder']).optional(), size: z.enum(['Small', 'Default', 'Medium', 'Large', 'ExtraLarge']).optional(), color: z.enum(['Default', 'Dark', 'Light', 'Accent', 'Good', 'Warning', 'Attention']).optional(), isSubtle: z.boolean().optional() })
const spacing = z.enum(['None', 'Small', 'Default', 'Medium', 'Large']).optional()
const richText = z.strictObject({ type: z.literal('RichTextBlock'), spacing, inlines: z.array(textRun).min(1) })
const textBlock = z.strictObject({ type: z.literal('TextBlock'), text: z.string(), wrap: z.boolean().optional(), isSubtle: z.boolean().optional(), separator: z.boolean().optional() })

/** Teams: "Create incoming webhooks with Workflows", and the schema of adaptive cards 1.4. */
const workflow = z.strictObject({
  type: z.literal('message'),
  attachments: z.tuple([
    z.strictObject({
      contentType: z.literal('application/vnd.microsoft.card.adaptive'),
      contentUrl: z.null(),
      content: z.strictObject({
        $schema: z.url(),
        type: z.literal('AdaptiveCard'),
        version: z.enum(['1.2', '1.3', '1.4', '1.5']),
        fallbackText: z.string(),
        body: z.array(z.discriminatedUnion('type', [richText, textBlock, z.strictObject({ type: z.literal('Container'), separator: z.boolean(), spacing, items: z.array(richText).min(1) })])).min(1),
        actions: z.array(z.strictObject({ type: z.literal('Action.OpenUrl'), title: z.string(), url: z.url() })).optional(),
        msteams: z.strictObject({ width: z.literal('Full') }),
      }),
    }),
  ]),
})

export function answerAsWorkflow({ body }: Received): Answer {
  return workflow.safeParse(JSON.parse(body)).success ? { status: 202 } : { status: 400, body: 'The input body for trigger is not valid' }
}
