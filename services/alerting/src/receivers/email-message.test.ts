import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { emailMessage } from './email-message.ts'
import { aNotification, aNotifiedAlert, hostileNotification, resolvedAlert } from './notification-fixture.ts'

test('subject, text and HTML tell what, how grave, who, since when, by which rule', () => {
  const { subject, text, html } = emailMessage(aNotification([aNotifiedAlert(), resolvedAlert]))
  expect(subject).toBe('[FIRING: 1, critical] gdpr.art7.withdrawn-consent')
  for (const part of ['Ads were profiled after the viewer withdrew consent', 'viewer-4711', '2026-03-02 08:15 UTC', 'GDPR Art. 7(3)', 'privacy-team', '2026-03-02 08:15 UTC, until 09:00 UTC']) {
    expect(text).toContain(part)
    expect(html).toContain(part)
  }
  expect(text).toContain('CRITICAL  Ads were profiled')
  expect(html).toContain('href="https://compliance.example/alerts?group=7&amp;tenant=acme"')
})

/** Tags with their attributes, as a browser's tokenizer would see them in what we write. */
const tagsOf = (html: string) => [...html.matchAll(/<[a-z!/][^>]*>/gi)].map(([tag]) => tag)

test('whatever labels hold, no tag or attribute comes from them', () => {
  const known = /^<(!doctype html|\/?(html|head|title|body|table|tr|td|div|span|strong|p)( (lang|role|width|height|cellpadding|cellspacing|border|align|valign|bgcolor|style)="[^"<>]*")*|meta( (charset|name|content)="[^"<>]*")+|\/a|a href="https?:\/\/[^"<>\s]*" style="[^"<>]*")>$/
  fc.assert(
    fc.property(hostileNotification, (notification) => {
      const { html } = emailMessage(notification)
      for (const tag of tagsOf(html)) expect(tag).toMatch(known)
      const between = html.replaceAll(/<[a-z!/][^>]*>/gi, '')
      expect(between).not.toMatch(/[<>"']|&(?!(amp|lt|gt|quot|#39|nbsp);)/)
    }),
  )
})

test('a subject is one line of at most 200 characters, whatever labels hold', () => {
  fc.assert(
    fc.property(hostileNotification, (notification) => {
      const { subject } = emailMessage(notification)
      expect(subject.length).toBeLessThanOrEqual(200)
      expect(subject).not.toMatch(/[\u0000-\u001f\u2028]/)
    }),
  )
})

test('nothing is fetched when a mail is opened, and nothing runs', () => {
  expect(emailMessage(aNotification()).html).not.toMatch(/<(img|script|link|style|iframe|svg)|url\(|@import/i)
})

test('a huge group is told in part, and the rest is counted', () => {
  const { text, html } = emailMessage(aNotification(Array.from({ length: 60 }, () => aNotifiedAlert()), { truncatedAlerts: 5 }))
  for (const part of [text, html]) expect(part).toContain('and 15 more')
})
