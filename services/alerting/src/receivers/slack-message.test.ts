import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { aNotification, aNotifiedAlert, hostileNotification, resolvedAlert } from './notification-fixture.ts'
import { slackMessage } from './slack-message.ts'

interface Text {
  readonly type: 'mrkdwn' | 'plain_text'
  readonly text: string
  readonly emoji?: boolean
}
interface Block {
  readonly type: string
  readonly text?: Text
  readonly fields?: readonly Text[]
  readonly elements?: readonly Text[]
}
interface Message {
  readonly text: string
  readonly mrkdwn: boolean
  readonly channel?: string
  readonly attachments: readonly { readonly color: string; readonly fallback: string; readonly blocks: readonly Block[] }[]
}

const plainOptions = { channel: undefined, title: undefined, text: undefined }
const read = (body: string) => JSON.parse(body) as Message
const blocksOf = (message: Message) => message.attachments.flatMap(({ blocks }) => blocks)

test('a message names state, rule, severity, citation, subject and since when', () => {
  const message = read(slackMessage(aNotification([aNotifiedAlert(), resolvedAlert]), { ...plainOptions, channel: '#privacy' }))
  expect(message.channel).toBe('#privacy')
  expect(message.text).toBe('FIRING: 1, critical · gdpr.art7.withdrawn-consent')
  expect(message.attachments[0]?.color).toBe('#b3001b')
  const [first, , second, , last] = blocksOf(message)
  expect(first?.text).toEqual({ type: 'plain_text', text: 'Ads were profiled after the viewer withdrew consent', emoji: false })
  expect(first?.fields?.map(({ text }) => text)).toEqual([
    '*Severity*', 'critical', '*Rule*', 'gdpr.art7.withdrawn-consent', '*Citation*', 'GDPR Art. 7(3)', '*Subject*', 'viewer-4711', '*Since*', '2026-03-02 08:15 UTC',
  ])
  expect(second?.text?.text).toMatch(/^Resolved: /)
  expect(last?.text?.text).toBe('<https://compliance.example/alerts?group=7&amp;tenant=acme|Open>')
})

test('what somebody configured as title and text is said in their words', () => {
  const message = read(slackMessage(aNotification(), { ...plainOptions, title: 'Privacy', text: 'See the *runbook*' }))
  expect(message.text).toBe('Privacy')
  expect(blocksOf(message)[0]?.text).toEqual({ type: 'mrkdwn', text: 'See the *runbook*' })
})

test('whatever labels hold, no markup, mention or link of theirs is read as one', () => {
  fc.assert(
    fc.property(hostileNotification, (notification) => {
      const message = read(slackMessage(notification, plainOptions))
      expect(message.mrkdwn).toBe(false)
      const texts = blocksOf(message).flatMap(({ text, fields = [], elements = [] }) => [...(text === undefined ? [] : [text]), ...fields, ...elements])
      for (const { type, text } of texts) {
        if (type === 'mrkdwn') expect(text).toMatch(/^(\*(Severity|Rule|Citation|Subject|Since|Lasted)\*|<https?:\/\/[^|<>]+\|Open>)$/)
      }
      for (const { text } of [...texts.filter(({ type }) => type === 'plain_text'), message]) expect(text.replaceAll(/&(amp|lt|gt);/g, '')).not.toMatch(/[<>&]/)
    }),
  )
})

test("Slack's bounds hold, whatever comes: blocks, fields and their lengths", () => {
  fc.assert(
    fc.property(hostileNotification, (notification) => {
      const blocks = blocksOf(read(slackMessage(notification, { ...plainOptions, text: 'x'.repeat(9_000) })))
      expect(blocks.length).toBeLessThanOrEqual(50)
      for (const { type, text, fields } of blocks) {
        if (type === 'section') expect(text?.text.length).toBeGreaterThan(0)
        expect(text?.text.length ?? 0).toBeLessThanOrEqual(3_000)
        expect(fields?.length ?? 0).toBeLessThanOrEqual(10)
        for (const field of fields ?? []) expect([field.text.length > 0, field.text.length <= 2_000]).toEqual([true, true])
      }
    }),
  )
})

test('alerts that find no room are counted', () => {
  const message = slackMessage(aNotification(Array.from({ length: 12 }, () => aNotifiedAlert()), { truncatedAlerts: 5 }), plainOptions)
  expect(message).toContain('and 7 more')
})
