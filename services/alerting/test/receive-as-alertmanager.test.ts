import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from '@jest/globals'
import type { Integration } from '@ott/alert-routing/configuration'
import { aNotification, aNotifiedAlert } from '../src/receivers/notification-fixture.ts'
import { createSender } from '../src/receivers/send-by-kind.ts'
import { plainRequest } from './http-receiver.ts'

const binary = process.env['ALERTMANAGER_BIN']
const testWhereInstalled = binary === undefined ? test.skip : test

interface GettableAlert {
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly startsAt: string
  readonly endsAt: string
  readonly generatorURL: string
  readonly status: { readonly state: string }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** A real Alertmanager below a prefix, with an empty memory; it tells nobody. */
async function anAlertmanager(executable: string) {
  const folder = await mkdtemp(join(tmpdir(), 'alertmanager-'))
  await writeFile(join(folder, 'configuration.yml'), 'route: {receiver: nobody}\nreceivers: [{name: nobody}]\n')
  const url = `http://127.0.0.1:${await freePort()}/am`
  const child = spawn(executable, [`--config.file=${join(folder, 'configuration.yml')}`, `--storage.path=${folder}`, `--web.listen-address=${new URL(url).host}`, '--web.route-prefix=/am', '--cluster.listen-address='], { stdio: 'ignore' })
  while (!(await fetch(`${url}/-/ready`).then(({ ok }) => ok, () => false))) await sleep(50)
  return {
    url,
    alerts: async () => (await (await fetch(`${url}/api/v2/alerts`)).json()) as readonly GettableAlert[],
    async [Symbol.asyncDispose]() {
      child.kill()
      await once(child, 'exit')
      await rm(folder, { recursive: true })
    },
  }
}

testWhereInstalled('a real Alertmanager shows what we tell as firing, keeps it, and ends it when we tell that it ended', async () => {
  await using alertmanager = await anAlertmanager(binary ?? '')
  const send = createSender({ request: plainRequest, smtp: { resolve: () => Promise.reject(new Error('no mail here')) }, hostname: 'alerting.example' })
  const integration: Integration = { key: 'alertmanager[0]', sendResolved: true, kind: 'alertmanager', url: alertmanager.url, authorization: undefined }
  const atMs = Date.now()
  const attempt = { messageId: 'msg_1', atMs, attempt: 1, traceparent: undefined, signal: new AbortController().signal }
  const startsAt = new Date(atMs - 60_000).toISOString()
  const firing = aNotifiedAlert({ empty: '' }, { startsAt, generatorURL: 'https://compliance.example/v/1' })

  // Told twice, as after an attempt whose answer was lost: it stays one alert.
  for (const number of [1, 2]) expect(await send(integration, aNotification([firing]), { ...attempt, attempt: number })).toMatchObject({ outcome: 'accepted', status: 200 })
  const shown = await alertmanager.alerts()
  expect(shown).toHaveLength(1)
  expect(shown[0]).toMatchObject({
    labels: { alertname: 'gdpr.art7.withdrawn-consent', severity: 'critical', subject: 'viewer-4711' },
    annotations: { citation: 'GDPR Art. 7(3)' },
    startsAt,
    generatorURL: 'https://compliance.example/v/1',
    status: { state: 'active' },
  })
  // Far beyond its resolve_timeout of five minutes.
  expect(Date.parse(shown[0]?.endsAt ?? '')).toBeGreaterThan(atMs + 86_400_000)

  const resolved = { ...firing, status: 'resolved' as const, endsAt: new Date(atMs).toISOString() }
  expect(await send(integration, aNotification([resolved]), { ...attempt, messageId: 'msg_2', atMs: Date.now() })).toMatchObject({ outcome: 'accepted' })
  expect(await alertmanager.alerts()).toEqual([])
})

testWhereInstalled('what a real Alertmanager says is wrong with an alert is told', async () => {
  await using alertmanager = await anAlertmanager(binary ?? '')
  const send = createSender({ request: plainRequest, smtp: { resolve: () => Promise.reject(new Error('no mail here')) }, hostname: 'alerting.example' })
  const integration: Integration = { key: 'alertmanager[0]', sendResolved: true, kind: 'alertmanager', url: alertmanager.url, authorization: undefined }
  const unnamed = aNotifiedAlert({}, { labels: {} })
  const result = await send(integration, aNotification([unnamed]), { messageId: 'msg_1', atMs: Date.now(), attempt: 1, traceparent: undefined, signal: new AbortController().signal })
  expect(result).toMatchObject({ outcome: 'refused', status: 400, error: expect.stringContaining('label') })
})
