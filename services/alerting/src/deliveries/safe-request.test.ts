import { createServer as createTcpServer } from 'node:net'
import { createServer, type RequestListener } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { describe, expect, test } from '@jest/globals'
import { selfSignedCertificate } from '../../test/self-signed-certificate.ts'
import { createAddressGuard } from './address-guard.ts'
import { createSafeRequest, type SafeRequestParts } from './safe-request.ts'

/** Serves on this machine; `url` names it by address, `port` lets a test name it otherwise. */
async function aServer(listener: RequestListener) {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    port,
    url: `http://127.0.0.1:${port}/hook`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const loopback = createAddressGuard('127.0.0.1')
const request = createSafeRequest({ guard: loopback })
const parts = (url: string, more: Partial<SafeRequestParts> = {}): SafeRequestParts => ({ url, method: 'POST', headers: { 'x-own': 'a' }, body: '{"name":"Zoë"}', timeoutMs: 5_000, ...more })

describe('a request', () => {
  test('arrives as it was sent, and its answer comes back', async () => {
    let got: unknown
    await using server = await aServer((incoming, response) => {
      const chunks: Buffer[] = []
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
      incoming.on('end', () => {
        got = { method: incoming.method, path: incoming.url, own: incoming.headers['x-own'], length: incoming.headers['content-length'], body: Buffer.concat(chunks).toString() }
        response.writeHead(202, { 'x-answer': 'b', 'set-cookie': ['c=1', 'd=2'] }).end('taken')
      })
    })
    expect(await request(parts(server.url))).toEqual({ status: 202, headers: expect.objectContaining({ 'x-answer': 'b', 'set-cookie': 'c=1, d=2' }), body: 'taken', redirectsInside: false })
    expect(got).toEqual({ method: 'POST', path: '/hook', own: 'a', length: '15', body: '{"name":"Zoë"}' })
  })

  test('goes to the address that was checked, however its name resolves afterwards', async () => {
    await using server = await aServer((_incoming, response) => response.end('ok'))
    const asked: string[] = []
    const rebinding = createSafeRequest({
      guard: loopback,
      resolve: async (hostname) => {
        asked.push(hostname)
        return asked.length === 1 ? [{ address: '127.0.0.1', family: 4 }] : [{ address: '169.254.169.254', family: 4 }]
      },
    })
    const url = `http://rebinding.example:${server.port}/`
    expect((await rebinding(parts(url))).body).toBe('ok')
    expect(asked).toEqual(['rebinding.example'])
    await expect(rebinding(parts(url))).rejects.toMatchObject({ code: 'inner-network' })
  })

  test('is refused when any one of the addresses of its name is inner, and reaches none of them', async () => {
    let calls = 0
    await using server = await aServer((_incoming, response) => void (calls++, response.end()))
    const mixed = createSafeRequest({ guard: loopback, resolve: async () => [{ address: '127.0.0.1', family: 4 }, { address: '10.0.0.1', family: 4 }] })
    await expect(mixed(parts(`http://mixed.example:${server.port}/`))).rejects.toMatchObject({ code: 'inner-network', message: 'the receiver is on an inner network' })
    expect(calls).toBe(0)
  })

  test.each(['http://127.0.0.1:9/', 'http://localhost:9/', 'http://[::1]:9/', 'http://[::ffff:127.0.0.1]:9/', 'http://0x7f000001:9/', 'http://2130706433:9/', 'http://0x7f.1:9/'])('to %s is refused by default', async (url) => {
    await expect(createSafeRequest({ guard: createAddressGuard('') })(parts(url))).rejects.toMatchObject({ code: 'inner-network' })
  })

  test.each(['not a url', 'ftp://example.com/', 'file:///etc/passwd', 'javascript:alert(1)'])('to "%s" is refused', async (url) => {
    await expect(request(parts(url))).rejects.toMatchObject({ code: 'bad-url' })
  })

  test.each([
    ['http://169.254.169.254/latest/meta-data', true],
    ['//[::ffff:10.0.0.1]/', true],
    ['http://localhost.localhost/', false],
    ['https://example.com/', false],
    ['/elsewhere', false],
    ['http://[', false],
  ])('answered with a redirect to %s does not follow it; that it leads inside (%s) is told', async (location, inside) => {
    let calls = 0
    await using server = await aServer((_incoming, response) => void (calls++, response.writeHead(307, { location }).end()))
    expect(await request(parts(server.url))).toMatchObject({ status: 307, redirectsInside: inside })
    expect(calls).toBe(1)
  })

  test('reads 64 KiB of an answer and no more, though it never ends', async () => {
    await using server = await aServer((_incoming, response) => {
      const write = (): void => void (response.write('x'.repeat(10_000)) ? setImmediate(write) : response.once('drain', write))
      write()
    })
    expect((await request(parts(server.url))).body).toBe('x'.repeat(65_536))
  })

  test.each([
    ['never answers', () => undefined],
    ['begins an answer and stops', (_incoming: unknown, response: { write(text: string): unknown }) => void response.write('a')],
  ])('to a server that %s ends when its time is over', async (_what, listener) => {
    await using server = await aServer(listener as RequestListener)
    await expect(request(parts(server.url, { timeoutMs: 50 }))).rejects.toMatchObject({ code: 'timeout', message: 'no answer within 0.05 s' })
  })

  test('whose name is never resolved ends when its time is over', async () => {
    const stuck = createSafeRequest({ guard: loopback, resolve: () => new Promise(() => undefined) })
    await expect(stuck(parts('http://stuck.example/', { timeoutMs: 50 }))).rejects.toMatchObject({ code: 'timeout' })
  })

  test('may be broken off', async () => {
    await using server = await aServer(() => undefined)
    await expect(request(parts(server.url, { signal: AbortSignal.timeout(20) }))).rejects.toMatchObject({ code: 'aborted' })
    await expect(request(parts(server.url, { signal: AbortSignal.abort() }))).rejects.toMatchObject({ code: 'aborted' })
  })

  test('to a server whose certificate nobody vouches for tells it nothing', async () => {
    let calls = 0
    const server = createTlsServer(selfSignedCertificate('receiver.example'), (_incoming, response) => void (calls++, response.end()))
    let connections = 0
    server.on('tlsClientError', () => undefined)
    server.on('connection', () => void connections++)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const named = createSafeRequest({ guard: loopback, resolve: async () => [{ address: '127.0.0.1', family: 4 }] })
    const url = `https://receiver.example:${(server.address() as AddressInfo).port}/`
    await expect(named(parts(url))).rejects.toMatchObject({ code: 'unreachable', message: 'the receiver could not be reached: DEPTH_ZERO_SELF_SIGNED_CERT' })
    expect([calls, connections]).toEqual([0, 1])
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })

  test('that reaches nobody says why and quotes neither address nor credentials', async () => {
    const { url } = await (async () => {
      await using server = await aServer(() => undefined)
      return { url: server.url.replace('http://', 'http://user:secret@') }
    })()
    await expect(request(parts(url))).rejects.toMatchObject({ code: 'unreachable', message: 'the receiver could not be reached: ECONNREFUSED' })
    const nowhere = createSafeRequest({ guard: loopback, resolve: () => Promise.reject(Object.assign(new Error('getaddrinfo ENOTFOUND secret.example'), { code: 'ENOTFOUND' })) })
    await expect(nowhere(parts('http://secret.example/'))).rejects.toMatchObject({ code: 'unresolved', message: "the receiver's name could not be resolved: ENOTFOUND" })
    await using garbage = await aTcpServer('not http at all\r\n\r\n')
    await expect(request(parts(garbage.url))).rejects.toMatchObject({ code: 'unreachable', message: 'the receiver could not be reached: HPE_INVALID_CONSTANT' })
  })
})

async function aTcpServer(answer: string) {
  const server = createTcpServer((socket) => void socket.on('error', () => undefined).resume().end(answer))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => void server.close(() => resolve())),
  }
}
