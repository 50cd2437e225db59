import { expect, test } from '@jest/globals'
import { aPassage } from './passage-fixture.ts'
import type { Caller, EdgePlugin } from './plugin.ts'
import { createRateLimiting, type RateLimitingConfig } from './rate-limiting.ts'

const base = { policy: 'local', fault_tolerant: true, hide_client_headers: false } as const
const byAddress: RateLimitingConfig = { ...base, hour: 2, limit_by: 'ip' }
const hourMs = 3_600_000
const atMs = 500_000 * hourMs

async function ask(plugin: EdgePlugin, from: string, caller?: Caller) {
  const passage = aPassage({}, { from })
  passage.caller = caller
  return { reply: await plugin.access(passage), headers: passage.answerHeaders }
}

test('each address has so many requests an hour, and is told how many are left; the next is a 429 that says when to come back', async () => {
  const plugin = createRateLimiting(byAddress, new Map(), () => atMs + 600_000)
  const first = await ask(plugin, 'a')
  expect(first.reply).toBeUndefined()
  expect(first.headers).toEqual({
    'ratelimit-limit': '2',
    'ratelimit-remaining': '1',
    'ratelimit-reset': '3000',
    'x-ratelimit-limit-hour': '2',
    'x-ratelimit-remaining-hour': '1',
  })
  expect((await ask(plugin, 'a')).headers['ratelimit-remaining']).toBe('0')
  const third = await ask(plugin, 'a')
  expect(third.reply).toMatchObject({ status: 429, code: 'rate-limited' })
  expect(third.headers).toMatchObject({ 'retry-after': '3000', 'ratelimit-remaining': '0', 'ratelimit-reset': '3000' })
  expect((await ask(plugin, 'b')).reply).toBeUndefined()
})

test('hours are those of the clock: with the next one everybody begins anew', async () => {
  let nowMs = atMs + hourMs - 1
  const plugin = createRateLimiting({ ...byAddress, hour: 1 }, new Map(), () => nowMs)
  await ask(plugin, 'a')
  const refused = await ask(plugin, 'a')
  expect([refused.reply?.status, refused.headers['retry-after']]).toEqual([429, '1'])
  nowMs += 1
  expect((await ask(plugin, 'a')).reply).toBeUndefined()
})

test("a consumer has its own limit in the address's stead, each of its credentials by itself, wherever it calls from", async () => {
  const tiers = new Map([['premium', { ...base, hour: 3, limit_by: 'credential' } as RateLimitingConfig]])
  const plugin = createRateLimiting({ ...byAddress, hour: 1 }, tiers, () => atMs)
  const [one, other] = ['one', 'other'].map((credential): Caller => ({ consumer: 'premium', credential }))
  await ask(plugin, 'a')
  for (const from of ['a', 'b', 'c']) expect((await ask(plugin, from, one)).reply).toBeUndefined()
  expect((await ask(plugin, 'd', one)).reply).toMatchObject({ status: 429 })
  expect((await ask(plugin, 'd', other)).headers['ratelimit-remaining']).toBe('2')
})

test('the anonymous consumer is many callers: it is counted by address', async () => {
  const plugin = createRateLimiting({ ...byAddress, hour: 1 }, new Map(), () => atMs)
  const nobody = { consumer: 'anonymous', credential: undefined }
  expect((await ask(plugin, 'a', nobody)).reply).toBeUndefined()
  expect((await ask(plugin, 'b', nobody)).reply).toBeUndefined()
  expect((await ask(plugin, 'a', nobody)).reply).toMatchObject({ status: 429 })
})
