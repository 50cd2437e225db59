import { expect, test } from '@jest/globals'
import { asEnvironment, asProperties, brokerSettings } from './broker-settings.ts'

const settings = brokerSettings({ listenHost: '0.0.0.0', port: 19092, controllerPort: 19093, logDir: '/data' })

test('clients are sent to 127.0.0.1 whatever interface the broker listens on', () => {
  expect(settings['listeners']).toBe('PLAINTEXT://0.0.0.0:19092,CONTROLLER://127.0.0.1:19093')
  expect(settings['advertised.listeners']).toBe('PLAINTEXT://127.0.0.1:19092')
})

test('topics come from the catalogue only, and a message of 2 MiB fits', () => {
  expect(settings['auto.create.topics.enable']).toBe('false')
  expect(Number(settings['message.max.bytes'])).toBeGreaterThanOrEqual(2 * 1_024 * 1_024)
})

test('the environment of the image says the same as the properties file', () => {
  expect(asProperties({ 'log.dirs': '/data' })).toBe('log.dirs=/data\n')
  expect(asEnvironment({ 'log.dirs': '/data', 'a.b-c_d': '1' })).toEqual({ KAFKA_LOG_DIRS: '/data', KAFKA_A_B___C__D: '1' })
})
