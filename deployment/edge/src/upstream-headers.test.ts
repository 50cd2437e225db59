import { expect, test } from '@jest/globals'
import { dropConnectionHeaders, upstreamHeaders } from './upstream-headers.ts'

const forwarding = {
  remoteAddress: '203.0.113.9',
  told: { 'x-request-id': 'id-1', 'x-consumer-username': 'anonymous', 'x-consumer-id': undefined },
  writtenPath: '/v1//alerts',
  upstreamHost: 'alerting:8105',
  edgePort: 8080,
  webSocket: false,
}

test('a service sees its own name as Host, and learns what the caller asked for', () => {
  expect(upstreamHeaders({ host: 'api.example.com:9000', 'x-api-key': 'k' }, forwarding)).toEqual({
    host: 'alerting:8105',
    connection: 'keep-alive',
    via: '1.1 ott-edge',
    'x-api-key': 'k',
    'x-consumer-username': 'anonymous',
    'x-forwarded-for': '203.0.113.9',
    'x-forwarded-host': 'api.example.com',
    'x-forwarded-path': '/v1//alerts',
    'x-forwarded-port': '9000',
    'x-forwarded-proto': 'http',
    'x-real-ip': '203.0.113.9',
    'x-request-id': 'id-1',
  })
})

test('a caller can prolong X-Forwarded-For but claim nothing else about itself', () => {
  const claimed = {
    host: '[::1]',
    'x-forwarded-for': '10.0.0.1',
    'x-forwarded-proto': 'https',
    'x-forwarded-host': 'bank.example',
    'x-forwarded-port': '443',
    'x-forwarded-path': '/admin',
    'x-forwarded-prefix': '/admin',
    'x-real-ip': '10.0.0.1',
    'x-consumer-id': 'boss',
    'x-consumer-username': 'boss',
  }
  expect(upstreamHeaders(claimed, forwarding)).toMatchObject({
    'x-forwarded-for': '10.0.0.1, 203.0.113.9',
    'x-forwarded-proto': 'http',
    'x-forwarded-host': '[::1]',
    'x-forwarded-port': '8080',
    'x-forwarded-path': '/v1//alerts',
    'x-real-ip': '203.0.113.9',
    'x-consumer-username': 'anonymous',
  })
  for (const name of ['x-forwarded-prefix', 'x-consumer-id']) expect(upstreamHeaders(claimed, forwarding)).not.toHaveProperty(name)
})

test('headers of the connection itself stop at the edge, and those it names too', () => {
  const named = { connection: 'close, X-Hop', 'x-hop': '1', 'keep-alive': 'timeout=1' }
  const received = { ...named, te: 'gzip', upgrade: 'h2c', expect: '100-continue', accept: '*/*' }
  const headers = upstreamHeaders(received, forwarding)
  expect(headers).toMatchObject({ connection: 'keep-alive', accept: '*/*' })
  for (const name of ['x-hop', 'keep-alive', 'te', 'upgrade', 'expect']) expect(headers).not.toHaveProperty(name)
  const answered = { connection: 'close', 'keep-alive': 'timeout=5', etag: 'x' }
  dropConnectionHeaders(answered)
  expect(answered).toEqual({ etag: 'x' })
})

test('a Connection header cannot take away the framing of a body', () => {
  const received = { connection: 'transfer-encoding, content-length', 'transfer-encoding': 'chunked' }
  expect(upstreamHeaders(received, forwarding)).toMatchObject({ 'transfer-encoding': 'chunked' })
})

test('a WebSocket handshake stays one', () => {
  const received = { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-key': 'k' }
  const headers = upstreamHeaders(received, { ...forwarding, webSocket: true })
  expect(headers).toMatchObject({ connection: 'keep-alive, Upgrade', upgrade: 'websocket', 'sec-websocket-key': 'k' })
})
