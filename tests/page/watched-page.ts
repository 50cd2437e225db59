import { mkdir, readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { AxeResults } from 'axe-core'
import type { Browser, Locator, Page } from 'playwright-core'

export interface PageOptions {
  readonly url: string
  readonly theme?: 'light' | 'dark'
  readonly widthPx?: number
}

/** A tab of its own, without anything another has stored, that notes whatever goes wrong in it. */
export interface WatchedPage extends AsyncDisposable {
  readonly page: Page
  /** Messages of the console at level error, exceptions nobody caught, requests without an answer and answers of 400 and above. */
  readonly faults: string[]
  signIn(apiKey: string): Promise<void>
  /** A violation in the list. */
  violation(text: string | RegExp): Locator
  /** What axe finds, each with where. */
  accessibilityProblems(): Promise<string[]>
  /** Into the folder that PAGE_SCREENSHOTS names, if it does. */
  screenshot(name: string): Promise<void>
}

const axeFile = createRequire(import.meta.url).resolve('axe-core/axe.min.js')

export async function openPage(browser: Browser, { url, theme = 'light', widthPx = 1280 }: PageOptions): Promise<WatchedPage> {
  const context = await browser.newContext({ viewport: { width: widthPx, height: 900 }, colorScheme: theme, locale: 'en-GB' })
  const page = await context.newPage()
  page.setDefaultTimeout(15_000)
  const faults: string[] = []
  page.on('console', (message) => void (message.type() === 'error' && faults.push(`console: ${message.text()}`)))
  page.on('pageerror', (error) => faults.push(`exception: ${error.message}`))
  page.on('requestfailed', (request) => {
    // The page itself calls off what it doesn't need any more.
    const why = request.failure()?.errorText
    if (why !== 'net::ERR_ABORTED') faults.push(`no answer: ${request.url()} ${why}`)
  })
  page.on('response', (response) => void (response.status() >= 400 && faults.push(`${response.status()}: ${response.url()}`)))
  await page.goto(url)
  return {
    page,
    faults,
    async signIn(apiKey) {
      await page.getByLabel('API key').fill(apiKey)
      await page.getByRole('button', { name: 'Sign in' }).click()
      await page.getByRole('status', { name: 'Connection' }).getByText('Live', { exact: true }).waitFor()
    },
    violation: (text) => page.getByRole('region', { name: 'Latest violations' }).getByRole('listitem').filter({ hasText: text }),
    async accessibilityProblems() {
      await page.evaluate(await readFile(axeFile, 'utf8'))
      const { violations } = await page.evaluate<AxeResults>('axe.run()')
      return violations.flatMap(({ id, help, nodes }) => nodes.map(({ target }) => `${id} (${help}): ${target.join(' ')}`))
    },
    async screenshot(name) {
      const folder = process.env['PAGE_SCREENSHOTS']
      if (folder === undefined || folder === '') return
      await mkdir(folder, { recursive: true })
      await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true })
    },
    [Symbol.asyncDispose]: () => context.close(),
  }
}
