import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from '@jest/globals'

const urlOf = (file: string) => JSON.stringify(new URL(file, import.meta.url).href)

/** Runs a service in a process of its own with these settings alone. */
async function run(environment: Record<string, string>): Promise<{ code: number; stderr: string }> {
  const program = `import { run } from ${urlOf('run.ts')}
    import { standardSettings } from ${urlOf('settings.ts')}
    await run({ name: 'shelf', settings: standardSettings, start: async () => ({}) })`
  const child = promisify(execFile)(process.execPath, ['--input-type=module', '-e', program], {
    env: { PATH: process.env['PATH'] ?? '', ...environment },
  })
  return child.then(
    ({ stderr }) => ({ code: 0, stderr }),
    ({ code, stderr }: { code: number; stderr: string }) => ({ code, stderr }),
  )
}

test('wrong settings end the process with one sentence that names them, and no stack trace', async () => {
  const { code, stderr } = await run({ PORT: 'none' })
  expect(code).toBe(1)
  expect(stderr.trim().split('\n')).toHaveLength(1)
  expect(stderr).toMatch(/^shelf: PORT: .+; KAFKA_BROKERS: .+\n$/)
})
