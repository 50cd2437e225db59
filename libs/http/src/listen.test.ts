import { createServer } from 'node:net'
import { expect, test } from '@jest/globals'
import express from 'express'
import { listen, ListenError } from './listen.ts'
import { queryText } from './query-text.ts'

const local = { host: '127.0.0.1', port: 0 }

test('a taken port is one sentence that names it', async () => {
  const { port, stop } = await listen(express(), local)
  const second = listen(express(), { ...local, port })
  await expect(second).rejects.toThrow(new ListenError(`port ${port} is taken by another process`))
  await expect(second).rejects.toBeInstanceOf(ListenError)
  await stop()
})

test("an address that isn't this machine's is one sentence", async () => {
  const failed = await listen(express(), { host: '192.0.2.1', port: 0 }).catch((error: unknown) => error)
  expect(failed).toBeInstanceOf(ListenError)
  expect((failed as Error).message).toMatch(/^can't listen on 192\.0\.2\.1:0: [^\n]+$/)
})

test('a stop does not wait for callers that keep their connection alive', async () => {
  const { promise: reached, resolve: reach } = Promise.withResolvers<void>()
  const { promise: released, resolve: release } = Promise.withResolvers<void>()
  const app = express().get('/', async (_request, response) => {
    reach()
    await released
    response.send('done')
  })
  const { port, server, stop } = await listen(app, local)
  let forced = false
  const closeAll = server.closeAllConnections.bind(server)
  server.closeAllConnections = () => {
    forced = true
    closeAll()
  }
  const answer = fetch(`http://127.0.0.1:${port}/`)
  await reached
  const stopped = stop()
  release()
  await (await answer).text()
  await stopped
  expect(forced).toBe(false)
})

test('stopping frees the port and lets a request in work finish', async () => {
  const { promise: reached, resolve: reach } = Promise.withResolvers<void>()
  const { promise: released, resolve: release } = Promise.withResolvers<void>()
  const app = express().get('/', async (_request, response) => {
    reach()
    await released
    response.send('done')
  })
  const { port, stop } = await listen(app, local)
  const answer = fetch(`http://127.0.0.1:${port}/`)
  await reached
  const stopped = stop()
  release()
  expect(await (await answer).text()).toBe('done')
  await stopped
  await new Promise<void>((resolve, reject) => {
    const probe = createServer()
      .once('error', reject)
      .listen(port, '127.0.0.1', () => probe.close(() => resolve()))
  })
})

test('query parameters are short, single and free of NUL', async () => {
  const app = express()
    .set('query parser', 'simple')
    .get('/', (request, response) => void response.json({ is: queryText(request, 'q') ?? null }))
  const { port, stop } = await listen(app, local)
  const ask = async (query: string) => ((await (await fetch(`http://127.0.0.1:${port}/?${query}`)).json()) as { is: string | null }).is
  expect(await ask('q=a')).toBe('a')
  expect(await ask('q=a%00b')).toBe('ab')
  expect(await ask(`q=${'x'.repeat(300)}`)).toHaveLength(256)
  for (const none of ['', 'q=', 'q=a&q=b', 'q[x]=a']) expect(await ask(none)).toBeNull()
  await stop()
})
