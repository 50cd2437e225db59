import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * The secret of this name in `<dataDir>/secrets.json`, made on first use: unless told otherwise a password of 192 random bits, safe in a URL.
 * The file is readable by its owner only and replaced whole, so that a crash can't leave half of it.
 */
export function secretOf(dataDir: string, name: string, make: () => string = password): string {
  const file = join(dataDir, 'secrets.json')
  const secrets = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>) : {}
  const known = secrets[name]
  if (known !== undefined) return known
  const made = make()
  writeFileSync(`${file}.new`, `${JSON.stringify({ ...secrets, [name]: made }, null, 2)}\n`, { mode: 0o600 })
  renameSync(`${file}.new`, file)
  return made
}

function password(): string {
  return randomBytes(24).toString('base64url')
}

/** A private key for signing by Ed25519: PKCS #8, in base64. */
export function signingKey(): string {
  return generateKeyPairSync('ed25519').privateKey.export({ format: 'der', type: 'pkcs8' }).toString('base64')
}

/** Whether a password of this name has been made before. */
export function hasSecret(dataDir: string, name: string): boolean {
  const file = join(dataDir, 'secrets.json')
  return existsSync(file) && name in (JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>)
}
