import { describe, expect, test } from '@jest/globals'
import { buildPage } from '@ott/local/build-page'
import { findChromium, launchChromium } from './chromium.ts'
import { startFloodingInstallation } from './flooding-installation.ts'
import { openPage } from './watched-page.ts'

const executable = findChromium(process.env)
const describePage = executable === undefined && process.env['OTT_REQUIRE_BROWSER'] === undefined ? describe.skip : describe

/** How late a timer of the page comes: for so long nobody could click anything. */
const measureFreezes = `
  globalThis.latenessMs = []
  let last = performance.now()
  setInterval(() => {
    const now = performance.now()
    globalThis.latenessMs.push(now - last - 20)
    last = now
  }, 20)
  undefined`

describePage('the page under load, in a browser', () => {
  test('4,000 events and 100 violations a second are counted, shown within bounds, and leave the page usable', async () => {
    await buildPage({ log: () => undefined })
    await using flooding = await startFloodingInstallation({ eventsPerSecond: 4_000, violationsPerSecond: 100 })
    const browser = await launchChromium(executable ?? '')
    await using scope = new AsyncDisposableStack()
    scope.defer(() => browser.close())
    await using tab = await openPage(browser, { url: flooding.url })
    await tab.signIn('any')
    await tab.page.getByText(/Flood \d{3}/).first().waitFor()
    await tab.page.evaluate(measureFreezes)
    const before = { sent: flooding.sent(), atMs: performance.now() }
    await tab.page.waitForTimeout(6_000)
    // Clicking works in the midst of it.
    const violations = tab.page.getByRole('region', { name: 'Latest violations' })
    await violations.getByRole('button', { name: 'Show all 100' }).click()
    await violations.getByRole('button', { name: 'Show fewer' }).waitFor()
    const sentPerSecond = (flooding.sent() - before.sent) / ((performance.now() - before.atMs) / 1_000)
    const shown = Number((await tab.page.getByRole('region', { name: 'Events per second' }).locator('p').nth(1).textContent())?.replaceAll(/\D/g, ''))
    const lateness = (await tab.page.evaluate<number[]>('latenessMs')).sort((a, b) => a - b)
    const [most, longest] = [lateness[Math.floor(lateness.length * 0.95)] ?? Infinity, lateness.at(-1) ?? Infinity]
    process.stderr.write(`${Math.round(sentPerSecond)} events a second sent, ${shown} shown; the page was busy for ${Math.round(longest)} ms at a time at the most, and for less than ${Math.round(most)} ms in 95 of 100 cases\n`)
    // Generous, for machines that do other things as well; a page that draws each message is busy for seconds.
    expect(shown).toBeGreaterThan(sentPerSecond * 0.5)
    expect(most).toBeLessThan(300)
    expect(longest).toBeLessThan(3_000)
    expect(await violations.getByRole('listitem').count()).toBe(100)
    expect(tab.faults).toEqual([])
  }, 60_000)
})
