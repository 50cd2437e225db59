import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { randomUUID } from 'node:crypto'
import { listAlerts } from '../src/alerts/alert-store.ts'
import { acknowledgeAlert } from '../src/alerts/tell-alerts.ts'
import { alertIdOf } from '../src/alerts/alert-of-violation.ts'
import { endRecovered } from '../src/alerts/end-recovered.ts'
import { destinationDisabled } from '../src/alerts/system-alert.ts'
import { destinationKey } from '../src/deliveries/destination-key.ts'
import { disableDestination, enableReceiver } from '../src/deliveries/destination-health.ts'
import { createSilence } from '../src/silences/silence-actions.ts'
import { newSnooze, newSilence, silenceRequest, snoozeRequest } from '../src/silences/silence-request.ts'
import { anAlertingWorld, changed, opened, startMs, type AlertingWorld } from './alerting-world.ts'

let world: AlertingWorld
beforeAll(async () => {
  world = await anAlertingWorld()
})
afterAll(() => world?.close())
beforeEach(() => world.clear())

const oneReceiver = `
route: { receiver: team, group_by: [subject] }
receivers:
  - name: team
    webhook_configs: [{ url: 'http://receiver.example/hook' }]
`
const told = async (tenantId?: string) => (await world.queued(tenantId)).map(({ atMs, status, firing, resolved }) => [atMs / 1_000, status, firing, resolved])
const list = (tenantId = 'acme') => listAlerts(world.database, tenantId, {}, { limit: 100, after: undefined })
const resolvedAt = (seconds: number) => ({ change: 'resolved', status: 'resolved', changedAt: new Date(startMs + seconds * 1_000).toISOString() }) as const

describe('a violation', () => {
  test('is told of after the wait of its group, together with what came meanwhile, and its end is told at the next turn', async () => {
    await world.configure(oneReceiver)
    await world.receive(opened('a'))
    await world.advanceTo(20)
    await world.receive(opened('b'))
    await world.advanceTo(100)
    await world.receive(changed('a', { ...resolvedAt(100), version: 2 }), changed('b', { ...resolvedAt(100), version: 2 }))
    await world.advanceTo(1_000)
    expect(await told()).toEqual([
      [30, 'firing', ['rule.a', 'rule.b'], []],
      [330, 'resolved', [], ['rule.a', 'rule.b']],
    ])
  })

  test('told of ten thousand times over is one alert and one message', async () => {
    await world.configure(oneReceiver)
    const again = opened('a')
    for (let batch = 0; batch < 20; batch++) await world.receive(...Array.from({ length: 500 }, () => again))
    await world.advanceTo(600)
    expect(await told()).toEqual([[30, 'firing', ['rule.a'], []]])
    expect(await list()).toEqual([expect.objectContaining({ violationId: 'a', status: 'firing', subject: 'viewer-1', severity: 'high' })])
  })

  test('that is told of again after a crash changes nothing, and says the same on the topic', async () => {
    await world.configure(oneReceiver)
    const first = await world.receive(opened('a'), changed('a', { ...resolvedAt(1), version: 2 }))
    expect(await world.receive(opened('a'), changed('a', { ...resolvedAt(1), version: 2 }))).toEqual(first)
    expect(await list()).toEqual([expect.objectContaining({ status: 'resolved' })])
  })

  test('whose change comes first is an alert all the same, and its opening changes nothing any more', async () => {
    await world.receive(changed('a', { ...resolvedAt(1), version: 2 }))
    await world.receive(opened('a'))
    expect(await list()).toEqual([expect.objectContaining({ violationId: 'a', status: 'resolved' })])
  })

  test('that is worse by now goes to the receivers of its new severity, and the former still hear of its end', async () => {
    await world.configure(`
route:
  receiver: team
  group_by: [subject]
  routes: [{ matchers: [severity="critical"], receiver: officers }]
receivers:
  - name: team
    webhook_configs: [{ url: 'http://receiver.example/hook' }]
  - name: officers
    webhook_configs: [{ url: 'http://receiver.example/officers' }]
`)
    await world.receive(opened('a'))
    await world.advanceTo(60)
    await world.receive(changed('a', { change: 'severity_changed', status: 'open', severity: 'critical', version: 2 }))
    await world.advanceTo(1_000)
    await world.receive(changed('a', { ...resolvedAt(1_000), severity: 'critical', version: 3 }))
    await world.advanceTo(2_000)
    expect((await world.queued()).map(({ receiver, status, atMs }) => [receiver, status, atMs / 1_000])).toEqual([
      ['team', 'firing', 30],
      ['officers', 'firing', 90],
      ['team', 'resolved', 1_230],
      ['officers', 'resolved', 1_290],
    ])
  })

  test("of one tenant is never in another's group, nor in its list", async () => {
    await world.configure(oneReceiver)
    await world.configure(oneReceiver, 'globex')
    await world.receive(opened('a'), opened('g', { tenantId: 'globex' }))
    await world.advanceTo(60)
    expect([await told('acme'), await told('globex')]).toEqual([[[30, 'firing', ['rule.a'], []]], [[30, 'firing', ['rule.g'], []]]])
    expect((await list('globex')).map(({ violationId }) => violationId)).toEqual(['g'])
  })
})

describe('an acknowledgement', () => {
  const repeating = oneReceiver.replace('group_by: [subject]', 'group_by: [subject], repeat_interval: 10m')

  test('ends the repeats until somebody else is needed, and ends with the alert', async () => {
    await world.configure(repeating)
    await world.receive(opened('a'))
    await world.advanceTo(700)
    expect(await acknowledgeAlert(world.options, 'acme', { id: alertIdOf('a'), by: 'key-1', note: 'on it' }, world.nowMs)).toBe(true)
    expect(await list()).toEqual([expect.objectContaining({ status: 'acknowledged', acknowledgedBy: 'key-1', acknowledgedNote: 'on it' })])
    await world.advanceTo(5_000)
    expect((await told()).map(([at, status]) => [at, status])).toEqual([[30, 'firing'], [630, 'firing']])
    await world.receive(changed('a', { change: 'incident_ended', status: 'open', isOngoing: false, changedAt: new Date(world.nowMs).toISOString(), version: 2 }))
    await world.advanceTo(5_500)
    await world.receive(changed('a', { change: 'incident_resumed', status: 'open', version: 3 }))
    expect(await list()).toEqual([expect.objectContaining({ status: 'firing', acknowledgedBy: null, endsAt: null })])
  })

  test('is told on the topic and to partners, once', async () => {
    await world.receive(opened('a'))
    for (let times = 0; times < 2; times++) await acknowledgeAlert(world.options, 'acme', { id: alertIdOf('a'), by: 'key-1', note: undefined }, world.nowMs)
    expect(world.published.map(({ value }) => (JSON.parse(String(value)) as { data: object }).data)).toEqual([{ alertId: alertIdOf('a'), violationId: 'a', rule: 'rule.a', severity: 'high', status: 'acknowledged' }])
  })

  test('of the violation is the alert\'s, too, and lasts when the violation gets worse', async () => {
    await world.receive(opened('a'), changed('a', { change: 'acknowledged', status: 'acknowledged', changedBy: 'key-2', reason: 'mine', version: 2 }))
    await world.receive(changed('a', { change: 'severity_changed', status: 'acknowledged', severity: 'critical', version: 3 }))
    expect(await list()).toEqual([expect.objectContaining({ status: 'acknowledged', severity: 'critical', acknowledgedBy: expect.any(String) })])
  })
})

describe('a silence', () => {
  test('hushes what it matches, and of what was told as firing the end is told all the same', async () => {
    await world.configure(oneReceiver)
    await world.receive(opened('a'))
    await world.advanceTo(60)
    const silence = newSilence(silenceRequest.parse({ matchers: ['subject="viewer-1"'], endsAt: '2026-03-02T14:00:00Z', noticeMinutes: 0 }), { id: randomUUID(), by: 'key-1', nowMs: world.nowMs })
    await createSilence(world.database, 'acme', silence, world.nowMs)
    await world.receive(opened('b'), changed('a', { ...resolvedAt(60), version: 2 }))
    await world.advanceTo(7_000)
    expect(await told()).toEqual([[30, 'firing', ['rule.a'], []], [330, 'resolved', [], ['rule.a']]])
    await world.advanceTo(7_600)
    expect((await told()).at(-1)).toEqual([7_230, 'firing', ['rule.b'], []])
  })

  test('of one viewer leaves the others, and somebody is told before it ends, once', async () => {
    await world.configure(oneReceiver)
    const snooze = newSnooze(snoozeRequest.parse({ subject: 'viewer-1', minutes: 60 }), { id: 'snooze', by: 'key-1', nowMs: world.nowMs })
    await createSilence(world.database, 'acme', snooze, world.nowMs)
    await world.receive(opened('a'), opened('b', { subject: 'viewer-2' }))
    await world.advanceTo(3_500)
    expect(await told()).toEqual([[30, 'firing', ['rule.b'], []], [2_730, 'firing', ['SilenceExpiring'], []]])
    const notice = (await list()).find(({ rule }) => rule === 'SilenceExpiring')
    expect(notice?.annotations['summary']).toContain('1 alerts')
    // Then the viewer is heard of again, and the notice is over.
    await world.advanceTo(4_200)
    expect((await told()).slice(2)).toEqual([[3_630, 'resolved', [], ['SilenceExpiring']], [3_630, 'firing', ['rule.a'], []]])
  })
})

describe('another configuration', () => {
  const elsewhere = oneReceiver.replaceAll('team', 'others')

  test('puts what fires into its groups; who was told before hears of the end, and nothing twice', async () => {
    await world.configure(oneReceiver.replace('name: team', 'name: others\n    webhook_configs: [{ url: "http://receiver.example/o" }]\n  - name: team'))
    await world.receive(opened('a'))
    await world.advanceTo(60)
    await world.configure(elsewhere.replace('name: others', 'name: team\n    webhook_configs: [{ url: "http://receiver.example/t" }]\n  - name: others'))
    await world.advanceTo(400)
    await world.receive(changed('a', { ...resolvedAt(400), version: 2 }))
    await world.advanceTo(1_000)
    const messages = await world.queued()
    expect(messages.filter(({ receiver }) => receiver === 'team').map(({ status }) => status)).toEqual(['firing', 'resolved'])
    expect(messages.filter(({ receiver }) => receiver === 'others').map(({ status }) => status)).toEqual(['firing', 'resolved'])
  })

  test('that changes nothing for a group leaves it what it knows', async () => {
    await world.configure(oneReceiver)
    await world.receive(opened('a'))
    await world.advanceTo(60)
    await world.configure(`${oneReceiver}# the same\n`)
    await world.advanceTo(1_000)
    expect((await told()).length).toBe(1)
  })

  test('that is wrong names line and column of everything that is, and changes nothing', async () => {
    await world.configure(oneReceiver)
    await expect(world.configure('route: { receiver: nobody-known }\nreceivers: []\nroutes: []\n')).rejects.toMatchObject({ status: 400, errors: expect.arrayContaining([expect.objectContaining({ line: 1, column: expect.any(Number) }), expect.objectContaining({ line: 3 })]) })
    await world.receive(opened('a'))
    await world.advanceTo(60)
    expect((await told()).length).toBe(1)
  })
})

describe('an escalation', () => {
  const chain = `
route: { receiver: team, group_by: [subject], escalation: chain }
receivers:
  - name: team
    webhook_configs: [{ url: 'http://receiver.example/team' }]
  - name: ada
    webhook_configs: [{ url: 'http://receiver.example/ada' }]
  - name: head
    webhook_configs: [{ url: 'http://receiver.example/head' }]
on_call_schedules:
  - name: first
    time_zone: Europe/Berlin
    rotations: [{ start: 2026-01-05T09:00:00, shift: 1w, receivers: [ada] }]
escalations:
  - name: chain
    steps:
      - { after: 5m, schedules: [first] }
      - { after: 15m, receivers: [head] }
`
  const calls = async () => (await world.queued()).map(({ receiver, status, atMs }) => [receiver, status, atMs / 1_000])

  test('calls who is on call, then the next, while nobody acknowledges; all who were called hear of the end', async () => {
    await world.configure(chain)
    await world.receive(opened('a'))
    await world.advanceTo(1_500)
    await world.receive(changed('a', { ...resolvedAt(1_500), version: 2 }))
    await world.advanceTo(2_000)
    expect(await calls()).toEqual([
      ['team', 'firing', 30],
      ['ada', 'firing', 330],
      ['head', 'firing', 930],
      ['team', 'resolved', 1_530],
      ['ada', 'resolved', 1_530],
      ['head', 'resolved', 1_530],
    ])
  })

  test('ends when somebody acknowledges', async () => {
    await world.configure(chain)
    await world.receive(opened('a'))
    await world.advanceTo(400)
    await world.receive(changed('a', { change: 'acknowledged', status: 'acknowledged', changedBy: 'key-2', version: 2 }))
    await world.advanceTo(3_000)
    expect(await calls()).toEqual([['team', 'firing', 30], ['ada', 'firing', 330]])
  })
})

describe('alerts of other programs', () => {
  const disk = { labels: { alertname: 'DiskFull', host: 'a' }, annotations: { summary: 'full' } }

  test('fire until nobody tells of them for the resolve timeout, and say both on the topic', async () => {
    await world.configure(`global: { resolve_timeout: 10m }${oneReceiver}`)
    await world.post([disk])
    await world.advanceTo(500)
    await world.post([disk])
    await world.advanceTo(2_000)
    expect(await told()).toEqual([[30, 'firing', ['DiskFull'], []], [1_230, 'resolved', [], ['DiskFull']]])
    expect(world.published.map(({ value }) => (JSON.parse(String(value)) as { data: { status: string } }).data.status)).toEqual(['firing', 'resolved'])
  })

  test('whose end is before their beginning are refused with the field', async () => {
    await expect(world.post([{ ...disk, startsAt: '2026-03-02T12:00:00Z', endsAt: '2026-03-02T11:00:00Z' }])).rejects.toMatchObject({ status: 400, errors: [{ field: '0.endsAt', problem: expect.any(String) }] })
  })
})

describe('a receiver that is disabled', () => {
  test('is an alert until it is so no more, however that came about', async () => {
    await world.configure(oneReceiver)
    const destination = { kind: 'receiver', receiver: 'team', integration: 'webhook[0]' } as const
    await world.database.transaction(['acme'], async (sql) => {
      await disableDestination(sql, 'acme', destinationKey(destination), 'gone', world.nowMs)
      await world.options.keep([destinationDisabled('acme', destination, 'the receiver answered 410', world.nowMs)], [], sql, world.nowMs)
    })
    await world.advanceTo(100)
    expect(await endRecovered(world.database, ['acme'], world.nowMs)).toBe(0)
    expect(await list()).toEqual([expect.objectContaining({ rule: 'ReceiverDisabled', status: 'firing', labels: expect.objectContaining({ receiver: 'team' }) })])
    await world.database.transaction(['acme'], (sql) => enableReceiver(sql, 'acme', 'team'))
    expect(await endRecovered(world.database, ['acme'], world.nowMs)).toBe(1)
    await world.advanceTo(101)
    expect(await list()).toEqual([expect.objectContaining({ rule: 'ReceiverDisabled', status: 'resolved' })])
  })
})
