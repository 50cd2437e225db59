import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { serviceNames } from '@ott/local/ports'
import type { Browser } from 'playwright-core'
import { aBreach, startInstallation, type Installation } from '../e2e/installation.ts'
import { findChromium, launchChromium } from './chromium.ts'
import { openPage, type PageOptions } from './watched-page.ts'

const executable = findChromium(process.env)
// Where there is always one, none found is a fault rather than a reason to skip.
const describePage = executable === undefined && process.env['OTT_REQUIRE_BROWSER'] === undefined ? describe.skip : describe
const reason = executable === undefined ? ' (no Chromium was found: name one as CHROMIUM_PATH)' : ''

const noConsent = 'without informed, written consent'

/** In the page, by its own clock: from the next click to a row that wasn't there. */
const noteTimeToNextViolation = `
  globalThis.tookMs = new Promise((resolve) => {
    const rows = () => document.querySelectorAll('main li h3').length
    const before = rows()
    let clickedAtMs = 0
    addEventListener('click', () => (clickedAtMs = performance.now()), { once: true, capture: true })
    const observer = new MutationObserver(() => {
      if (rows() <= before) return
      observer.disconnect()
      resolve(performance.now() - clickedAtMs)
    })
    observer.observe(document.body, { childList: true, subtree: true })
  })
  undefined`
const keptInTab = `JSON.stringify({ ...sessionStorage })`
const keptElsewhere = `JSON.stringify([{ ...localStorage }, document.cookie, location.href])`
const background = `getComputedStyle(document.body).backgroundColor`
const focused = `({ name: document.activeElement.textContent, outlinePx: parseFloat(getComputedStyle(document.activeElement).outlineWidth) })`

const attention = {
  modelVersion: 'sequence-risk.2',
  risk: 0.81,
  events: ['signIn', 'dataAccess', 'other'].map((kind, place) => ({ at: `2026-03-02T10:0${place}:00.000Z`, kind, rollout: [0.2, 0.5, 0.3][place] })),
  importance: [
    { feature: 'records', mean: 0.2 },
    { feature: 'pause', mean: 0.05 },
    { feature: 'travel', mean: -0.001 },
  ],
  note: 'Attention shows where the model looked, not why.',
}

describePage(`the page, in a browser, on a whole installation${reason}`, () => {
  let installation: Installation
  let browser: Browser

  beforeAll(async () => {
    browser = await launchChromium(executable ?? '')
    installation = await startInstallation()
  }, 180_000)
  afterAll(async () => {
    await installation?.stop()
    await browser?.close()
  }, 60_000)

  const open = (options: Partial<PageOptions> = {}) => openPage(browser, { url: installation.url, ...options })

  test('somebody without events is told what to do, and a sample then shows what the product does', async () => {
    await using tab = await open()
    await tab.signIn(installation.globex.apiKey)
    const { page } = tab
    await page.getByText('No violations so far').waitFor()
    await page.getByRole('button', { name: 'Post event' }).click()
    await page.getByText(/Judged within .* Opened .*vppa\.2710b\.no-consent/).waitFor()
    await tab.violation(noConsent).waitFor()
    await page.getByRole('region', { name: 'Alerts' }).getByText('vppa.2710b.no-consent').waitFor()
    await page.getByRole('img', { name: /Risk scores of the latest 1 events/ }).waitFor()
    expect(tab.faults).toEqual([])
  })

  test('a violation is on the page within a second of posting its event', async () => {
    await using tab = await open()
    await tab.signIn(installation.acme.apiKey)
    const tookMs: number[] = []
    for (let attempt = 0; attempt < 5; attempt++) {
      await tab.page.evaluate(noteTimeToNextViolation)
      await tab.page.getByRole('button', { name: 'Post event' }).click()
      tookMs.push(await tab.page.evaluate<number>('tookMs'))
      await tab.page.getByRole('button', { name: 'Post event' }).and(tab.page.locator(':enabled')).waitFor()
    }
    process.stderr.write(`from the click to the violation on the page: ${tookMs.map((ms) => Math.round(ms)).join(', ')} ms\n`)
    expect(Math.min(...tookMs)).toBeLessThan(1_000)
    expect(tab.faults).toEqual([])
  })

  test('a violation explains itself: citation, findings, evidence, the parts of its risk; and is acknowledged by a button', async () => {
    await installation.acme.post(aBreach('explained', { subject: 'viewer-explained', time: new Date().toISOString() }))
    await using tab = await open()
    await tab.signIn(installation.acme.apiKey)
    const row = tab.violation(noConsent).filter({ hasText: 'viewer-explained' })
    await row.getByRole('button', { expanded: false }).click()
    await row.getByRole('heading', { name: 'What was found in the event' }).waitFor()
    for (const text of ['18 U.S.C. § 2710(b)(1), (b)(2)(B)', 'adnet', 'com.ott.viewing-history.shared.v1', 'What to do: Stop the disclosure']) {
      await row.getByText(text).first().waitFor()
    }
    await row.getByRole('button', { name: 'Show the figures' }).click()
    await row.getByRole('row', { name: 'past violations' }).waitFor()
    await row.getByRole('button', { name: /^Acknowledge/ }).click()
    await row.getByText('acknowledged', { exact: true }).waitFor()
    const [kept] = await installation.query<{ status: string }>(`select status from violation.violations where subject = 'viewer-explained' and rule = 'vppa.2710b.no-consent'`)
    expect(kept?.status).toBe('acknowledged')
    expect(tab.faults).toEqual([])
  })

  test('where the tenant has a model of event sequences, it is seen where that looks, and read that it explains nothing by itself', async () => {
    await installation.acme.post(aBreach('attended', { subject: 'viewer-attended', time: new Date().toISOString() }))
    await using tab = await open()
    await tab.signIn(installation.acme.apiKey)
    // No model is trained here: the rest of the answer is the installation's own.
    await tab.page.route('**/graphql', async (route) => {
      if (!(route.request().postData() ?? '').includes('ViolationDetails')) return route.continue()
      const response = await route.fetch()
      const answer = (await response.json()) as { data: { violation: { subject: object } } }
      Object.assign(answer.data.violation.subject, { attention })
      await route.fulfill({ response, json: answer })
    })
    const row = tab.violation(noConsent).filter({ hasText: 'viewer-attended' })
    await row.getByRole('button', { expanded: false }).click()
    await row.getByRole('heading', { name: 'Where the sequence model looks now' }).waitFor()
    await row.getByText(attention.note).waitFor()
    await row.getByText('In training it relied on records, pause, in this order.').waitFor()
    const picture = row.getByRole('img', { name: /Attention to the latest 3 events, most of it to 2\. .*, data access/ })
    await picture.waitFor()
    expect(await picture.locator('rect[fill]').count()).toBeGreaterThanOrEqual(3)
    expect(await tab.accessibilityProblems()).toEqual([])
    await tab.screenshot('attention')
    expect(tab.faults).toEqual([])
  })

  test('with the keyboard alone somebody signs in, posts an event and reads the explanation, and sees where they are', async () => {
    await using tab = await open()
    const { keyboard } = tab.page
    const tabTo = async (name: string | RegExp) => {
      for (let presses = 0; presses < 40; presses++) {
        await keyboard.press('Tab')
        const { name: now, outlinePx } = await tab.page.evaluate<{ name: string; outlinePx: number }>(focused)
        if (new RegExp(name).test(now)) return expect(outlinePx).toBeGreaterThanOrEqual(2)
      }
      throw new Error(`the keyboard doesn't get to ${String(name)}`)
    }
    // Keys that are pressed before the page is drawn go nowhere.
    await tab.page.getByLabel('API key').waitFor()
    const isInField = () => tab.page.evaluate<boolean>(`document.activeElement?.getAttribute('type') === 'password'`)
    for (let presses = 0; presses < 5 && !(await isInField()); presses++) await keyboard.press('Tab')
    expect(await isInField()).toBe(true)
    await keyboard.type(installation.acme.apiKey)
    await keyboard.press('Enter')
    await tab.page.getByText('Live', { exact: true }).waitFor()
    await tabTo(/^Post event/)
    await keyboard.press('Enter')
    await tab.page.getByText(/Judged within/).waitFor()
    await tabTo(/^(Viewing history|Titles)/)
    await keyboard.press('Enter')
    await tab.page.getByRole('heading', { name: 'The event that opened it' }).waitFor()
    expect(tab.faults).toEqual([])
  })

  test('a wrong key is told as such, and kept nowhere', async () => {
    await using tab = await open()
    await tab.page.getByLabel('API key').fill('not-a-key')
    await tab.page.getByRole('button', { name: 'Sign in' }).click()
    await tab.page.getByRole('alert').getByText('This API key isn’t known here').waitFor()
    expect([await tab.page.evaluate(keptInTab), await tab.page.evaluate(keptElsewhere)].join()).not.toContain('not-a-key')
    expect(tab.faults.filter((fault) => !fault.includes('401'))).toEqual([])
  })

  test('the key stays in the tab: not in localStorage, cookies or an address; a reload goes on, signing out forgets it', async () => {
    await using tab = await open()
    const asked: string[] = []
    tab.page.on('request', (request) => asked.push(request.url()))
    tab.page.on('websocket', (socket) => asked.push(socket.url()))
    const { apiKey } = installation.acme
    await tab.signIn(apiKey)
    expect(await tab.page.evaluate(keptInTab)).toContain(apiKey)
    expect(await tab.page.evaluate(keptElsewhere)).not.toContain(apiKey)
    expect(asked.join()).not.toContain(apiKey)
    expect(asked.length).toBeGreaterThan(3)
    await tab.page.reload()
    await tab.page.getByText('Live', { exact: true }).waitFor()
    await tab.page.getByRole('button', { name: 'Sign out' }).click()
    await tab.page.getByLabel('API key').waitFor()
    expect(await tab.page.evaluate(keptInTab)).not.toContain(apiKey)
  })

  test('the theme follows the system until one is chosen, which is remembered', async () => {
    await using tab = await open({ theme: 'dark' })
    expect(await tab.page.evaluate(background)).toBe('rgb(14, 17, 27)')
    await tab.page.getByRole('combobox', { name: 'Theme' }).click()
    await tab.page.getByRole('option', { name: 'Light' }).click()
    expect(await tab.page.evaluate(background)).toBe('rgb(244, 245, 249)')
    await tab.page.reload()
    await tab.page.getByLabel('API key').waitFor()
    expect(await tab.page.evaluate(background)).toBe('rgb(244, 245, 249)')
  })

  test('when the line is lost the page says so, connects again and shows what happened meanwhile', async () => {
    await using tab = await open()
    await tab.signIn(installation.acme.apiKey)
    const streaming = installation.pidsOf()[serviceNames.indexOf('streaming')]
    process.kill(streaming ?? 0, 'SIGKILL')
    await tab.page.getByText('Reconnecting …').waitFor()
    await installation.acme.post(aBreach('meanwhile', { subject: 'viewer-meanwhile', time: new Date().toISOString() }))
    await installation.acme.decisionOf('meanwhile')
    await tab.page.getByText('Live', { exact: true }).waitFor()
    await tab.violation('viewer-meanwhile').first().waitFor()
  })

  test('a device without a network is told so, and the page goes on once it is back', async () => {
    await using tab = await open()
    await tab.signIn(installation.acme.apiKey)
    await tab.page.context().setOffline(true)
    await tab.page.getByText('This device is offline').waitFor()
    await tab.page.getByRole('status', { name: 'Connection' }).getByText('Offline').waitFor()
    await tab.page.context().setOffline(false)
    await tab.page.getByText('Live', { exact: true }).waitFor()
    await tab.page.getByText('This device is offline').waitFor({ state: 'detached' })
  })

  describe.each([['light'], ['dark']] as const)('in the %s theme', (theme) => {
    test.each([[360], [1280]])('at %i pixels nothing sticks out and axe finds nothing to object to', async (widthPx) => {
      await using tab = await open({ theme, widthPx })
      const hold = async (name: string) => {
        await tab.screenshot(`${name}-${theme}-${widthPx}`)
        expect(await tab.page.evaluate('document.documentElement.scrollWidth')).toBe(widthPx)
        expect(await tab.accessibilityProblems()).toEqual([])
      }
      await hold('sign-in')
      await tab.signIn(installation.acme.apiKey)
      await tab.page.getByRole('button', { name: 'Post event' }).click()
      await tab.page.getByText(/Judged within/).waitFor()
      await tab.violation(noConsent).first().getByRole('button', { expanded: false }).click()
      await tab.page.getByRole('heading', { name: 'Evidence' }).waitFor()
      await tab.page.getByRole('button', { name: 'Show the figures' }).first().click()
      await tab.page.waitForTimeout(1_500)
      await hold('dashboard')
      expect(tab.faults).toEqual([])
    })
  })
})
