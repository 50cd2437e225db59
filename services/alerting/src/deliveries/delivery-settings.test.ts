import { expect, test } from '@jest/globals'
import { readSettings } from '@ott/service/settings'
import { z } from 'zod'
import { deliverySettings } from './delivery-settings.ts'

const read = (environment: Record<string, string>) => readSettings(z.object(deliverySettings), environment)

test('unset they allow no inner network and keep the usual schedule', () => {
  const settings = read({})
  expect(settings.WEBHOOK_ALLOWED_NETWORKS.isAllowed('127.0.0.1')).toBe(false)
  expect(settings.DELIVERY_RETRY_SCHEDULE).toHaveLength(9)
})

test('set they are read once, when the process starts', () => {
  const settings = read({ WEBHOOK_ALLOWED_NETWORKS: '127.0.0.0/8,::1', DELIVERY_RETRY_SCHEDULE: '50ms, 1s' })
  expect(['127.0.0.1', '::1', '10.0.0.1'].map(settings.WEBHOOK_ALLOWED_NETWORKS.isAllowed)).toEqual([true, true, false])
  expect(settings.DELIVERY_RETRY_SCHEDULE).toEqual([50, 1_000])
})

test('wrong ones end the start, each named once', () => {
  expect(() => read({ WEBHOOK_ALLOWED_NETWORKS: 'intranet', DELIVERY_RETRY_SCHEDULE: 'soon' })).toThrow(
    'WEBHOOK_ALLOWED_NETWORKS: "intranet" is not a network such as 10.1.0.0/16 or fd00::/8; DELIVERY_RETRY_SCHEDULE: "soon" is not a duration from 1ms to 168h, such as 5s, 30m or 2h',
  )
})
