import { execFileSync } from 'node:child_process'
import { createPrivateKey } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from '@jest/globals'

const program = fileURLToPath(new URL('./make-env.ts', import.meta.url))
const compose = readFileSync(new URL('../../../docker-compose.yml', import.meta.url), 'utf8')
const folder = mkdtempSync(join(tmpdir(), 'ott-env-'))
afterAll(() => rmSync(folder, { recursive: true }))

const make = (file: string): void => void execFileSync(process.execPath, [program, file], { stdio: 'pipe' })
const settingsOf = (file: string) => new Map(readFileSync(file, 'utf8').matchAll(/^([A-Z0-9_]+)=(.*)$/gm).map(([, name = '', value = '']) => [name, value]))

test('every variable that Compose requires gets a secret of its own, which only the owner can read', () => {
  const file = join(folder, 'first')
  make(file)
  expect(statSync(file).mode & 0o777).toBe(0o600)
  const settings = settingsOf(file)
  const required = new Set(compose.matchAll(/\$\{([A-Z0-9_]+):\?/g).map(([, name = '']) => name))
  expect(required.size).toBeGreaterThanOrEqual(9)
  const secrets = [...required].map((name) => settings.get(name) ?? '')
  const { DECISION_LOG_SIGNING_KEY: signingKey = '', ...passwords } = Object.fromEntries([...required].map((name) => [name, settings.get(name) ?? '']))
  for (const secret of Object.values(passwords)) expect(secret).toMatch(/^[0-9a-f]{48}$/)
  expect(createPrivateKey({ key: Buffer.from(signingKey, 'base64'), format: 'der', type: 'pkcs8' }).asymmetricKeyType).toBe('ed25519')
  expect(new Set(secrets).size).toBe(required.size)
  expect(settings.get('COMPOSE_PROFILES')).toBe('core')
})

test('a file that is there stays as it is, and two runs never give the same secrets', () => {
  const [one, other] = [join(folder, 'one'), join(folder, 'other')]
  make(one)
  make(other)
  const before = readFileSync(one, 'utf8')
  expect(before).not.toBe(readFileSync(other, 'utf8'))
  make(one)
  expect(readFileSync(one, 'utf8')).toBe(before)
})
