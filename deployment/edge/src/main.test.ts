import { afterEach, describe, expect, test } from '@jest/globals'
import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process'
import type { EventEmitter } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'

const main = fileURLToPath(new URL('./main.ts', import.meta.url))
const cleanUps: (() => unknown)[] = []
afterEach(() => {
  for (const cleanUp of cleanUps.splice(0).reverse()) cleanUp()
})

function start(env: Record<string, string>) {
  const options: SpawnOptions = { env: { PATH: process.env['PATH'], ...env }, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] }
  const child = spawn(process.execPath, [main], options) as ChildProcess & { stdout: Readable; stderr: Readable }
  cleanUps.push(() => child.kill('SIGKILL'))
  const output = { out: '', err: '' }
  child.stdout.on('data', (chunk) => (output.out += String(chunk)))
  child.stderr.on('data', (chunk) => (output.err += String(chunk)))
  const ended = (emitter: EventEmitter, event: string) => new Promise<number | null>((resolve) => emitter.once(event, resolve))
  const exit = Promise.all([ended(child, 'exit'), ended(child.stdout, 'close'), ended(child.stderr, 'close')]).then(([code]) => code)
  return { child, output, exit }
}

function listened(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    child.stdout?.once('data', (line) => resolve((JSON.parse(String(line)) as { url: string }).url))
    child.once('exit', () => reject(new Error('the edge ended')))
  })
}

async function takenPort(): Promise<{ port: number; server: Server }> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  cleanUps.push(() => server.close())
  return { port: (server.address() as AddressInfo).port, server }
}

describe('a start that can not work ends in one sentence and exit code 1', () => {
  test('when the port is taken', async () => {
    const { port } = await takenPort()
    const { output, exit } = start({ EDGE_PORT: String(port) })
    expect(await exit).toBe(1)
    expect(output).toEqual({ out: '', err: `The edge can't start: port ${port} is taken; set EDGE_PORT to a free one.\n` })
  })

  test('when the port for figures is taken, naming its setting', async () => {
    const { port } = await takenPort()
    const { output, exit } = start({ EDGE_PORT: '0', EDGE_METRICS_PORT: String(port) })
    expect(await exit).toBe(1)
    expect(output.err).toBe(`The edge can't start: port ${port} is taken; set EDGE_METRICS_PORT to a free one.\n`)
  })

  test('when a setting is wrong, naming it', async () => {
    const { output, exit } = start({ EDGE_PORT: 'http', SERVICE_PORT_BASE: '70000' })
    expect(await exit).toBe(1)
    expect(output.err).toMatch(/^The edge can't start: EDGE_PORT must be a port number; SERVICE_PORT_BASE [^\n]*\.\n$/)
  })

  test('when kong.yml uses what the edge lacks, naming it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'edge-'))
    cleanUps.push(() => rmSync(folder, { recursive: true }))
    writeFileSync(join(folder, 'kong.yml'), '_format_version: "3.0"\nroutes: []\n')
    const { output, exit } = start({ EDGE_PORT: '0', KONG_FILE: join(folder, 'kong.yml') })
    expect(await exit).toBe(1)
    expect(output.err).toMatch(/^The edge can't start: [^\n]*kong\.yml: [^\n]*routes: the edge does not support this setting\.\n$/)
  })
})

describe('a running edge', () => {
  test('finds the services at SERVICE_PORT_BASE and ends with 0 on SIGTERM', async () => {
    const { port, server } = await takenPort()
    server.on('connection', (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nalerting').on('error', () => {}))
    const { child, exit } = start({ EDGE_PORT: '0', SERVICE_PORT_BASE: String(port - 5) })
    const answer = await fetch(`${await listened(child)}/v1/alerts`)
    expect(await answer.text()).toBe('alerting')
    child.kill('SIGTERM')
    expect(await exit).toBe(0)
  })

  test('takes another limit for addresses, tiers from a second file, and counts at a port of its own', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'edge-'))
    cleanUps.push(() => rmSync(folder, { recursive: true }))
    const file = join(folder, 'partners.yml')
    writeFileSync(file, '_format_version: "3.0"\nkeyauth_credentials: [{ consumer: standard, key: partner }]\n')
    const { port, server } = await takenPort()
    server.on('connection', (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n').on('error', () => {}))
    const settings = { EDGE_RATE_LIMIT_PER_HOUR: '1', KONG_CREDENTIALS_FILE: file, EDGE_METRICS_PORT: '0', SERVICE_PORT_BASE: String(port - 5) }
    const { child, output } = start({ EDGE_PORT: '0', ...settings })
    const url = await listened(child)
    const limits = []
    for (const key of ['nobody', 'nobody', 'partner']) {
      const { status, headers } = await fetch(`${url}/v1/alerts`, { headers: { 'x-api-key': key } })
      limits.push([status, headers.get('ratelimit-limit')])
    }
    expect(limits).toEqual([[200, '1'], [429, '1'], [200, '100000']])
    const { metrics } = JSON.parse(output.out.split('\n')[0] ?? '') as { metrics: string }
    expect(await (await fetch(`${metrics}/metrics`)).text()).toContain('kong_http_requests_total{service="alerting",route="alerts-list",code="200"')
    expect(output.out).not.toContain('partner"')
  })

  test('finds the services where kong.yml says when told so', async () => {
    const { port, server } = await takenPort()
    server.on('connection', (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nalerting').on('error', () => {}))
    const folder = mkdtempSync(join(tmpdir(), 'edge-'))
    cleanUps.push(() => rmSync(folder, { recursive: true }))
    const declared = readFileSync(new URL('../../../kong/kong.yml', import.meta.url), 'utf8')
    // The name matters, not the number: `localhost` is one that kong.yml doesn't have.
    const moved = declared.replaceAll(/\balerting:8105\b/g, `localhost:${port}`).replace('host: alerting\n    port: 8105', `host: localhost\n    port: ${port}`)
    writeFileSync(join(folder, 'kong.yml'), moved)
    const { child } = start({ EDGE_PORT: '0', SERVICE_HOSTS: 'declared', KONG_FILE: join(folder, 'kong.yml') })
    const answer = await fetch(`${await listened(child)}/v1/alerts`)
    expect(await answer.text()).toBe('alerting')
  })

  test('ends when the process that started it goes away', async () => {
    const { child, exit } = start({ EDGE_PORT: '0' })
    await listened(child)
    child.disconnect()
    expect(await exit).toBe(0)
  })
})
