import { afterEach, expect, test } from '@jest/globals'
import { buildEvent } from '@ott/contracts/define-event'
import { tenantConfigured } from '@ott/contracts/tenant-configured'
import { hashApiKey } from '@ott/auth/api-key'
import { authenticate, tenantOf } from '@ott/http/authenticate'
import { ListenError } from '@ott/http/listen'
import type { Bus } from '@ott/pipeline/bus'
import { createMemoryBus } from '@ott/pipeline/memory-bus'
import { defineService, startService, type OpenBus, type RunningService, type Service } from './define-service.ts'
import { readSettings, standardSettings } from './settings.ts'

const started: RunningService[] = []
afterEach(async () => {
  for (const service of started.splice(0)) await service.stop()
})

const settingsWith = (PORT = 0) => readSettings(standardSettings, { PORT: String(PORT), KAFKA_BROKERS: 'nowhere:1', LOG_LEVEL: 'fatal' })

/** A bus in memory that tells when it is closed. */
function memoryBus(order: string[] = []): { bus: Bus; openBus: OpenBus } {
  const bus = createMemoryBus()
  const close = () => bus.close().then(() => void order.push('bus closed'))
  return { bus, openBus: async () => ({ ...bus, close }) }
}

async function start(service: Service, { port = 0, openBus = memoryBus().openBus } = {}): Promise<RunningService> {
  const running = await startService(service, settingsWith(port), openBus)
  started.push(running)
  return running
}

/** A service that notes in which order its parts come and go. */
function noting(order: string[], more: Partial<Service> = {}): Service {
  return defineService({
    name: 'shelf',
    settings: standardSettings,
    async start({ scope }) {
      for (const part of ['first', 'second']) {
        order.push(`${part} started`)
        scope.defer(async () => void order.push(`${part} stopped`))
      }
      return {}
    },
    ...more,
  })
}

test('parts start in order and stop in reverse, the port before them and the bus last', async () => {
  const order: string[] = []
  const running = await start(noting(order), { openBus: memoryBus(order).openBus })
  expect((await fetch(`http://127.0.0.1:${running.port}/healthz`)).status).toBe(200)
  await running.stop()
  expect(order).toEqual(['first started', 'second started', 'second stopped', 'first stopped', 'bus closed'])
  await expect(fetch(`http://127.0.0.1:${running.port}/healthz`)).rejects.toThrow()
})

test('stopping twice stops once', async () => {
  const order: string[] = []
  const running = await start(noting(order))
  await Promise.all([running.stop(), running.stop()])
  expect(order.filter((each) => each === 'first stopped')).toHaveLength(1)
})

test('when the port is taken, everything that was started is stopped again, and the message says so', async () => {
  const order: string[] = []
  const holder = await start(noting([]))
  const failed = await start(noting(order), { port: holder.port, openBus: memoryBus(order).openBus }).catch((error: unknown) => error)
  expect(failed).toBeInstanceOf(ListenError)
  expect((failed as Error).message).toBe(`port ${holder.port} is taken by another process`)
  expect(order).toEqual(['first started', 'second started', 'second stopped', 'first stopped', 'bus closed'])
})

test('when a part fails to start, those before it are stopped again and its own error comes out', async () => {
  const order: string[] = []
  const own = new Error('no shelf')
  const service = noting(order, {
    async start({ scope }) {
      scope.defer(async () => void order.push('first stopped'))
      throw own
    },
  })
  await expect(start(service, { openBus: memoryBus(order).openBus })).rejects.toBe(own)
  expect(order).toEqual(['first stopped', 'bus closed'])
})

test('when stopping fails too, the first error is the one that comes out', async () => {
  const own = new Error('no shelf')
  const service = noting([], {
    async start({ scope }) {
      scope.defer(() => Promise.reject(new Error('stuck')))
      throw own
    },
  })
  await expect(start(service)).rejects.toBe(own)
})

test('a service that needs a database and was given none says which setting', async () => {
  const service = noting([], {
    async start({ database }) {
      database()
      return {}
    },
  })
  await expect(start(service)).rejects.toThrow('DATABASE_URL: must be set for this service')
})

test('a failure makes the service unhealthy and is told once', async () => {
  const { promise: failing, resolve } = Promise.withResolvers<(error: Error) => void>()
  const service = noting([], {
    async start({ fail }) {
      resolve(fail)
      return {}
    },
  })
  const running = await startService(service, { ...settingsWith(), LOG_LEVEL: 'silent' as 'fatal' }, memoryBus().openBus)
  started.push(running)
  const fail = await failing
  fail(new Error('first'))
  fail(new Error('second'))
  expect((await running.failed).message).toBe('first')
  expect((await fetch(`http://127.0.0.1:${running.port}/healthz`)).status).toBe(503)
})

test('a service is ready once its tenants are read, and then knows their keys', async () => {
  const { bus, openBus } = memoryBus()
  await bus.createTopics([{ name: tenantConfigured.topic, compacted: true, retentionMs: 1 }], 1)
  const data = { tenantId: 'acme', name: 'Acme', apiKeys: [{ id: '1', sha256: hashApiKey('k') }], riskThreshold: 1, ignoredEventTypes: [] }
  const event = buildEvent(tenantConfigured, { id: '1', subject: 'configuration', time: '2026-01-01T00:00:00Z', tenantid: 'acme', data })
  await bus.publish([{ topic: tenantConfigured.topic, key: 'acme:configuration', value: JSON.stringify(event), headers: {} }])
  const service = noting([], {
    async start({ tenants }) {
      const directory = await tenants()
      return {
        routes: (app) =>
          void app.get('/v1/mine', authenticate(directory), (_request, response) => void response.json(tenantOf(response).name)),
      }
    },
  })
  const { port } = await start(service, { openBus })
  const readyz = async () => (await fetch(`http://127.0.0.1:${port}/readyz`)).json()
  for (let turn = 0; turn < 500 && ((await readyz()) as { status: string }).status !== 'ready'; turn++)
    await new Promise((resolve) => setTimeout(resolve, 5))
  expect(await readyz()).toEqual({ status: 'ready', checks: { tenants: 'ok' } })
  const answer = await fetch(`http://127.0.0.1:${port}/v1/mine`, { headers: { 'x-api-key': 'k' } })
  expect(await answer.json()).toBe('Acme')
})
