import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { emailMessage } from '@ott/alerting/email-message'
import { aNotification, aNotifiedAlert, resolvedAlert } from '@ott/alerting/notification-fixture'
import { findChromium, launchChromium } from './chromium.ts'

const executable = findChromium(process.env)
const describeMail = executable === undefined && process.env['OTT_REQUIRE_BROWSER'] === undefined ? describe.skip : describe

const high = aNotifiedAlert(
  { alertname: 'avmsd.art9.ads-to-minors', rule: 'avmsd.art9.ads-to-minors', severity: 'high', subject: `profile-${'0123456789'.repeat(6)}` },
  { annotations: { summary: 'An advertisement for alcohol was shown on a profile of a minor', citation: 'Directive 2010/13/EU (AVMSD) Art. 9(1)(e)' }, generatorURL: 'https://compliance.example/v/1' },
)
const notifications = {
  firing: aNotification([aNotifiedAlert(), high, resolvedAlert], { commonLabels: {}, groupLabels: { regulation: 'gdpr' }, truncatedAlerts: 4 }),
  resolved: aNotification([resolvedAlert]),
}

describeMail('a mail about alerts, in a browser', () => {
  test.each(Object.entries(notifications))('one that says %s fits a desktop and a telephone, without scrolling sideways and without fetching anything', async (name, notification) => {
    const browser = await launchChromium(executable ?? '')
    await using scope = new AsyncDisposableStack()
    scope.defer(() => browser.close())
    for (const [device, width] of [['desktop', 1_000], ['telephone', 400]] as const) {
      const page = await browser.newPage({ viewport: { width, height: 700 } })
      const fetched: string[] = []
      page.on('request', (request) => fetched.push(request.url()))
      await page.setContent(emailMessage(notification).html)
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width)
      expect(fetched).toEqual([])
      const folder = process.env['PAGE_SCREENSHOTS']
      if (folder !== undefined) await page.screenshot({ path: join(folder, `email-${name}-${device}.png`), fullPage: true })
    }
  })
})
