import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/**
 * `node deployment/images/src/make-env.ts [FILE]`: writes the secrets that docker-compose.yml asks for, made at random, into `.env` beside it,
 * readable by its owner only. A file that is there already stays as it is. Needs no packages, and any Node that strips types.
 */
const root = new URL('../../../', import.meta.url)
const file = process.argv[2] ?? fileURLToPath(new URL('.env', root))

/** Every variable that the Compose file requires, in the order of its first use. */
function requiredVariables(compose: string): string[] {
  return [...new Set([...compose.matchAll(/\$\{([A-Z0-9_]+):\?/g)].map(([, name = '']) => name))]
}

/** 192 random bits, safe in a URL. */
function password(): string {
  return randomBytes(24).toString('hex')
}

/** Ed25519, PKCS #8 in base64. */
function signingKey(): string {
  return generateKeyPairSync('ed25519').privateKey.export({ format: 'der', type: 'pkcs8' }).toString('base64')
}

const compose = readFileSync(new URL('docker-compose.yml', root), 'utf8')
const lines = [
  '# Secrets of docker-compose.yml, made by deployment/images/src/make-env.ts. Keep this file: the data is locked with them.',
  '# Which containers run: core, or full for Kong, metrics, traces and dashboards besides.',
  'COMPOSE_PROFILES=core',
  ...requiredVariables(compose).map((name) => `${name}=${name.endsWith('_SIGNING_KEY') ? signingKey() : password()}`),
]
try {
  writeFileSync(file, `${lines.join('\n')}\n`, { mode: 0o600, flag: 'wx' })
  process.stdout.write(`wrote ${file}\n`)
} catch (error) {
  const { code } = error as NodeJS.ErrnoException
  const exists = code === 'EEXIST'
  process.stderr.write(exists ? `${file} is there already and stays as it is\n` : `${file} can't be written (${code})\n`)
  process.exitCode = exists ? 0 : 1
}
