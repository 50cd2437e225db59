import { createHmac, createPrivateKey, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto'

const hmacPrefix = 'whsec_'
const privatePrefix = 'whsk_'
const publicPrefix = 'whpk_'

/** What precedes the 32 bytes of an Ed25519 seed in PKCS #8 (RFC 8410, section 7). */
const pkcs8Head = Buffer.from('302e020100300506032b657004220420', 'hex')

const seedBytes = 32

export interface MessageToSign {
  /** `webhook-id`: stays the same however often the message is sent. Without `.`, which parts what is signed. */
  readonly id: string
  /** When this attempt is made. */
  readonly atMs: number
  /** Exactly the bytes that are sent. */
  readonly body: string
  /** `whsec_…` (HMAC-SHA256) or `whsk_…` (Ed25519), all that are live: while a secret is replaced there are two. */
  readonly secrets: readonly string[]
}

/**
 * The headers that vouch for a message: `webhook-id`, `webhook-timestamp` (s) and, where there are secrets, one entry of
 * `webhook-signature` for each, separated by spaces (Standard Webhooks 1.0.0, "Signature scheme" and "Webhook headers").
 * @throws TypeError for an id or a secret that can't be used; it quotes no secret
 */
export function signWebhook({ id, atMs, body, secrets }: MessageToSign): Record<string, string> {
  if (!/^[\x21-\x2d\x2f-\x7e]+$/.test(id)) throw new TypeError('webhook-id: visible ASCII without a full stop')
  const timestamp = String(Math.floor(atMs / 1_000))
  const content = Buffer.from(`${id}.${timestamp}.${body}`)
  return {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    ...(secrets.length === 0 ? {} : { 'webhook-signature': secrets.map((secret) => signatureBy(secret, content)).join(' ') }),
  }
}

function signatureBy(secret: string, content: Buffer): string {
  if (secret.startsWith(hmacPrefix)) return `v1,${createHmac('sha256', bytesOf(secret, hmacPrefix)).update(content).digest('base64')}`
  if (secret.startsWith(privatePrefix)) return `v1a,${sign(null, content, ed25519Key(secret)).toString('base64')}`
  throw new TypeError(`signing secret: begins with neither ${hmacPrefix} nor ${privatePrefix}`)
}

function bytesOf(secret: string, prefix: string): Buffer {
  const encoded = secret.slice(prefix.length)
  const bytes = Buffer.from(encoded, 'base64')
  if (bytes.length === 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(encoded)) throw new TypeError(`signing secret: no base64 after ${prefix}`)
  return bytes
}

/** The reference libraries write the seed alone, others the seed and the public key after it. */
function ed25519Key(secret: string): KeyObject {
  const bytes = bytesOf(secret, privatePrefix)
  if (bytes.length !== seedBytes && bytes.length !== 2 * seedBytes) throw new TypeError(`signing secret: ${privatePrefix} holds 32 or 64 bytes`)
  return createPrivateKey({ key: Buffer.concat([pkcs8Head, bytes.subarray(0, seedBytes)]), format: 'der', type: 'pkcs8' })
}

/** 256 bits; the specification asks for 192 to 512. */
export function generateHmacSecret(): string {
  return hmacPrefix + randomBytes(32).toString('base64')
}

/** The secret is the seed, as the reference libraries read it; receivers verify by the public key alone. */
export function generateEd25519KeyPair(): { readonly secret: string; readonly publicKey: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const { d, x } = { d: privateKey.export({ format: 'jwk' }).d, x: publicKey.export({ format: 'jwk' }).x }
  const standard = (text = '') => Buffer.from(text, 'base64url').toString('base64')
  return { secret: privatePrefix + standard(d), publicKey: publicPrefix + standard(x) }
}
