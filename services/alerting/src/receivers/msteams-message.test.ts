import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { msteamsMessage } from './msteams-message.ts'
import { aNotification, aNotifiedAlert, hostileNotification, resolvedAlert } from './notification-fixture.ts'

const workflow = { webhookUrl: 'https://prod-1.westeurope.logic.azure.com/workflows/x', title: undefined, text: undefined }
const classic = { ...workflow, webhookUrl: 'https://acme.webhook.office.com/webhookb2/x' }

interface Element {
  readonly type: string
  readonly text?: string
  readonly items?: readonly Element[]
  readonly inlines?: readonly Element[]
}
interface Workflow {
  readonly type: string
  readonly attachments: readonly [{ readonly contentType: string; readonly content: { readonly type: string; readonly body: readonly Element[]; readonly actions?: readonly { readonly url: string }[] } }]
}
interface MessageCard {
  readonly title: string
  readonly summary: string
  readonly sections: readonly { readonly activityTitle?: string; readonly markdown: boolean; readonly facts?: readonly { readonly name: string; readonly value: string }[] }[]
}

const elementsOf = (elements: readonly Element[]): readonly Element[] => elements.flatMap((element) => [element, ...elementsOf(element.items ?? []), ...elementsOf(element.inlines ?? [])])

test('a workflow gets an adaptive card that names state, rule, citation, subject and since when', () => {
  const message = JSON.parse(msteamsMessage(aNotification([aNotifiedAlert(), resolvedAlert]), workflow)) as Workflow
  expect(message.type).toBe('message')
  expect(message.attachments[0]).toMatchObject({ contentType: 'application/vnd.microsoft.card.adaptive', content: { type: 'AdaptiveCard', version: '1.4' } })
  const { body, actions } = message.attachments[0].content
  const said = elementsOf(body).map(({ text = '' }) => text.trim()).filter((text) => text !== '')
  expect(said.slice(0, 11)).toEqual([
    'FIRING: 1, critical · gdpr.art7.withdrawn-consent', 'critical', 'Ads were profiled after the viewer withdrew consent',
    'Rule:', 'gdpr.art7.withdrawn-consent', 'Citation:', 'GDPR Art. 7(3)', 'Subject:', 'viewer-4711', 'Since:', '2026-03-02 08:15 UTC',
  ])
  expect(said).toContain('resolved')
  expect(actions?.[0]?.url).toBe('https://compliance.example/alerts?group=7&tenant=acme')
})

test('a classic connector gets its MessageCard', () => {
  const card = JSON.parse(msteamsMessage(aNotification(), classic)) as MessageCard
  expect(card).toMatchObject({ '@type': 'MessageCard', '@context': 'https://schema.org/extensions', title: 'FIRING: 1, critical · gdpr.art7.withdrawn-consent' })
  expect(card.sections[0]?.facts?.map(({ name }) => name)).toEqual(['Severity', 'Rule', 'Citation', 'Subject', 'Since'])
})

test('a host that only looks like a classic connector is taken for a workflow', () => {
  const lookalike = { ...workflow, webhookUrl: 'https://evilwebhook.office.com.example/x' }
  expect(msteamsMessage(aNotification(), lookalike)).toContain('AdaptiveCard')
})

test('whatever labels hold, none of it stands where an adaptive card reads Markdown', () => {
  fc.assert(
    fc.property(hostileNotification, (notification) => {
      const message = JSON.parse(msteamsMessage(notification, workflow)) as Workflow
      for (const { type, text } of elementsOf(message.attachments[0].content.body)) if (type === 'TextBlock') expect(text).toMatch(/^and \d+ more$/)
    }),
  )
})

test("whatever labels hold, a MessageCard's sections read no Markdown and find no HTML", () => {
  fc.assert(
    fc.property(hostileNotification, (notification) => {
      const { title, summary, sections } = JSON.parse(msteamsMessage(notification, classic)) as MessageCard
      for (const { markdown } of sections) expect(markdown).toBe(false)
      const values = [title, summary, ...sections.flatMap(({ activityTitle = '', facts = [] }) => [activityTitle, ...facts.map(({ value }) => value)])]
      for (const value of values) expect(value).not.toMatch(/[<>]|&(?!(amp|lt|gt);)/)
    }),
  )
})

test.each([workflow, classic])('a message stays within 28 KB, even if every character takes two bytes', (options) => {
  fc.assert(
    fc.property(hostileNotification, (notification) => {
      expect(Buffer.byteLength(msteamsMessage(notification, { ...options, text: 'x'.repeat(9_000) }), 'utf16le')).toBeLessThanOrEqual(28_000)
    }),
  )
})

test('alerts that find no room are counted', () => {
  expect(msteamsMessage(aNotification(Array.from({ length: 40 }, () => aNotifiedAlert())), workflow)).toMatch(/and \d+ more/)
})
