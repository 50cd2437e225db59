import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from '@jest/globals'
import { traceIdOf } from './logger.ts'

const module = new URL('logger.ts', import.meta.url).href

/** What a process prints that logs like this: the logger owns standard output. */
async function linesOf(statements: string, level = 'info'): Promise<Record<string, unknown>[]> {
  const program = `import { createLogger } from ${JSON.stringify(module)}
    const log = createLogger({ service: 'shelf', level: '${level}' })
    ${statements}`
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program], {
    env: { ...process.env, NODE_OPTIONS: '' },
  })
  return stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Record<string, unknown>)
}

test('each line is JSON with service, level by name, time and message', async () => {
  const lines = await linesOf(`log.info({ tenant: 'acme' }, 'hello'); log.debug('unheard'); log.error('trouble')`)
  expect(lines).toEqual([
    { level: 'info', time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/), service: 'shelf', tenant: 'acme', msg: 'hello' },
    { level: 'error', time: expect.any(String), service: 'shelf', msg: 'trouble' },
  ])
})

test('keys and secrets are masked, at the top and one level below', async () => {
  const fields = ['apiKey', 'x-api-key', 'authorization', 'secret', 'password'].map((name) => `'${name}': 'hidden'`).join()
  const [line] = await linesOf(
    `log.info({ ${fields}, request: { ${fields}, headers: { cookie: 'hidden' } }, headers: { cookie: 'hidden' }, kept: 'shown' }, 'hello')`,
  )
  expect(JSON.stringify(line)).not.toContain('hidden')
  expect(line).toMatchObject({
    apiKey: '[redacted]',
    headers: '[redacted]',
    request: { password: '[redacted]', headers: '[redacted]' },
    kept: 'shown',
  })
})

test('a child logger masks as its parent does', async () => {
  const [line] = await linesOf(`log.child({ tenant: 'acme' }).info({ apiKey: 'hidden' }, 'hello')`)
  expect(line).toMatchObject({ service: 'shelf', tenant: 'acme', apiKey: '[redacted]' })
})

test('inside a span, lines carry its trace', async () => {
  const api = import.meta.resolve('@opentelemetry/api')
  const statements = `
    const { context, trace } = await import('${api}')
    const spanContext = { traceId: '${'a'.repeat(32)}', spanId: '${'b'.repeat(16)}', traceFlags: 1 }
    const active = trace.setSpan(context.active(), trace.wrapSpanContext(spanContext))
    context.setGlobalContextManager({
      active: () => active, with: (_, f) => f(), bind: (_, f) => f, enable() { return this }, disable() { return this },
    })
    log.info('inside')`
  expect(await linesOf(statements)).toEqual([expect.objectContaining({ trace_id: 'a'.repeat(32), span_id: 'b'.repeat(16), msg: 'inside' })])
})

test('the trace id of a traceparent is its second part', () => {
  expect(traceIdOf(`00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`)).toBe('a'.repeat(32))
  expect(traceIdOf(undefined)).toBeUndefined()
})
