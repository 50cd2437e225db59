import { expect, test } from '@jest/globals'
import { afterReport, untried, type HealthReport } from './target-health.ts'
import type { HealthChecks } from './upstream-declaration.ts'

const checks: HealthChecks = {
  active: {
    type: 'http',
    http_path: '/readyz',
    timeout: 1,
    concurrency: 10,
    healthy: { interval: 5, successes: 2, http_statuses: [200] },
    unhealthy: { interval: 1, http_failures: 2, tcp_failures: 2, timeouts: 0, http_statuses: [500] },
  },
  passive: { type: 'http', healthy: { successes: 0 }, unhealthy: { http_failures: 3, tcp_failures: 0, timeouts: 1, http_statuses: [502] } },
}
const after = (...reports: HealthReport[]) => reports.reduce((health, report) => afterReport(health, checks, report), untried)
const probe = (met: HealthReport['met']): HealthReport => ({ from: 'active', met })
const request = (met: HealthReport['met']): HealthReport => ({ from: 'passive', met })

test('a target is up until one reason has reached its limit', () => {
  expect(after().up).toBe(true)
  expect(after(probe(500)).up).toBe(true)
  expect(after(probe(500), probe(500)).up).toBe(false)
  expect(after(request(502), request(502)).up).toBe(true)
  expect(after(request(502), request(502), request(502)).up).toBe(false)
  expect(after(request('timeout')).up).toBe(false)
})

test('reasons are counted apart', () => {
  expect(after(probe(500), probe('tcp-failure')).up).toBe(true)
  expect(after(probe(500), probe('tcp-failure'), probe('tcp-failure')).up).toBe(false)
})

test('a limit of 0 never ejects, and a status in no list says nothing, on either side', () => {
  expect(after(...Array.from({ length: 9 }, () => probe('timeout'))).up).toBe(true)
  expect(after(...Array.from({ length: 9 }, () => request('tcp-failure'))).up).toBe(true)
  expect(after(...Array.from({ length: 9 }, () => probe(503))).up).toBe(true)
  expect(after(request('timeout'), ...Array.from({ length: 9 }, () => probe(503))).up).toBe(false)
})

test('good probes forget failures before they add up, while good answers to requests change nothing', () => {
  expect(after(probe(500), probe(200), probe(200), probe(500)).up).toBe(true)
  expect(after(probe(500), request(200), probe(500)).up).toBe(false)
})

test('an ejected target comes back after so many good probes in a row', () => {
  const ejected = [request('timeout')]
  expect(after(...ejected, probe(200)).up).toBe(false)
  expect(after(...ejected, probe(200), probe(500), probe(200)).up).toBe(false)
  expect(after(...ejected, probe(200), probe(200)).up).toBe(true)
  expect(after(...ejected, probe(200), probe(200))).toEqual({ ...untried, successes: 2 })
})
