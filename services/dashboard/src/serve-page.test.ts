import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { serveForTest, type ServedApp } from '@ott/http/serve-for-test'
import { readBuiltPage } from './built-page.ts'
import { servePage } from './serve-page.ts'

const script = 'console.log("hello")\n'.repeat(100)
let folder: string
let served: ServedApp

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ott-page-'))
  await mkdir(join(folder, 'assets'))
  const files = {
    'index.html': '<meta property="csp-nonce" nonce="__CSP_NONCE__"><script src="/assets/index-Ab_-12cd.js" nonce="__CSP_NONCE__"></script>',
    'favicon.svg': '<svg/>',
    '.sources': 'secret',
    'assets/licenses.md': 'all',
    'assets/index-Ab_-12cd.js': script,
    'assets/index-Ab_-12cd.js.br': brotliCompressSync(script),
    'assets/index-Ab_-12cd.js.gz': gzipSync(script),
  }
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content)
  const page = await readBuiltPage(folder)
  served = await serveForTest({ routes: (app) => servePage(app, page) })
})

afterAll(async () => {
  await served[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

const get = (path: string, headers: Record<string, string> = {}) => fetch(`${served.url}${path}`, { headers })

test('the page allows nothing from elsewhere, nothing inline, no frame around it, and tells nobody where it was', async () => {
  const { headers } = await get('/')
  const policy = headers.get('content-security-policy') ?? ''
  expect(policy).not.toContain('unsafe')
  expect(policy).toContain(`default-src 'none'`)
  expect(policy).toContain(`script-src 'self';`)
  expect(policy).toContain(`frame-ancestors 'none'`)
  expect(headers.get('x-content-type-options')).toBe('nosniff')
  expect(headers.get('referrer-policy')).toBe('no-referrer')
})

test('each answer has a nonce of its own, the same in the page and in the header', async () => {
  const nonces = []
  for (let answer = 0; answer < 3; answer++) {
    const response = await get('/')
    const [, nonce = 'none'] = /'nonce-([^']+)'/.exec(response.headers.get('content-security-policy') ?? '') ?? []
    const html = await response.text()
    expect(html.split(`nonce="${nonce}"`)).toHaveLength(3)
    nonces.push(nonce)
  }
  expect(new Set(nonces).size).toBe(3)
})

test('the page is asked for each time, what is named after its content once', async () => {
  expect((await get('/')).headers.get('cache-control')).toBe('no-cache')
  expect((await get('/assets/index-Ab_-12cd.js')).headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
  expect((await get('/assets/licenses.md')).headers.get('cache-control')).toBe('public, max-age=3600')
  expect((await get('/favicon.svg')).headers.get('cache-control')).toBe('public, max-age=3600')
})

test.each(['br', 'gzip', 'identity'])('an asset is sent as the client takes it: %s', async (encoding) => {
  const response = await get('/assets/index-Ab_-12cd.js', { 'accept-encoding': encoding })
  expect(response.headers.get('content-encoding')).toBe(encoding === 'identity' ? null : encoding)
  expect(response.headers.get('content-type')).toMatch(/^text\/javascript/)
  expect(response.headers.get('vary')).toBe('accept-encoding')
  expect(response.headers.get('x-content-type-options')).toBe('nosniff')
  expect(await response.text()).toBe(script)
})

test.each(['/.sources', '/index.html', '/assets/index-Ab_-12cd.js.br', '/assets/..%2f.sources', '/assets/absent.js'])('%s is not there', async (path) => {
  expect((await get(path)).status).toBe(404)
})

test('a page that has not been built is told with the command that builds it', async () => {
  await expect(readBuiltPage(join(folder, 'absent'))).rejects.toThrow('npm run build -w @ott/dashboard')
})
