import { createHash, createPrivateKey, createPublicKey, sign, verify, type KeyObject } from 'node:crypto'

/** Says how a tenant's chain stood: whoever kept it can tell that what lies before it was rewritten. */
export interface Checkpoint {
  readonly tenantId: string
  /** Of the last entry it covers. */
  readonly sequence: number
  /** Of that entry, hex digits. */
  readonly hash: string
  /** RFC 3339 in UTC. */
  readonly at: string
}

export interface SignedCheckpoint extends Checkpoint {
  readonly keyId: string
  /** Ed25519 (RFC 8032), base64url. */
  readonly signature: string
}

/** A public key as RFC 8037 writes it. */
export interface PublicJwk {
  readonly kty: 'OKP'
  readonly crv: 'Ed25519'
  readonly x: string
  readonly kid: string
  readonly use: 'sig'
}

export interface CheckpointKeys {
  /** Undefined: the installation has no key, and makes no checkpoints. */
  readonly sign: ((checkpoint: Checkpoint) => SignedCheckpoint) | undefined
  /** The present key first, then those that signed before. */
  readonly published: readonly PublicJwk[]
  check(checkpoint: SignedCheckpoint): 'valid' | 'invalid' | 'unknown-key'
}

/** The text that is signed: canonical JSON (RFC 8785) of strings alone. */
export function checkpointText({ tenantId, sequence, hash, at }: Checkpoint, keyId: string): string {
  return JSON.stringify({ at, hash, keyId, sequence: String(sequence), tenantId, type: 'ott-decision-log-checkpoint' })
}

/**
 * Keys by which checkpoints are signed and checked.
 * @param signingKey PKCS #8 of an Ed25519 key, in base64
 * @param retiredKeys SubjectPublicKeyInfo of keys that signed before, in base64, separated by commas
 * Throws an Error that names the setting, and nothing of its value.
 */
export function openCheckpointKeys(signingKey: string | undefined, retiredKeys = ''): CheckpointKeys {
  const privateKey = signingKey === undefined ? undefined : readKey('DECISION_LOG_SIGNING_KEY', () => createPrivateKey({ key: Buffer.from(signingKey, 'base64'), format: 'der', type: 'pkcs8' }))
  const retired = retiredKeys.split(',').map((text) => text.trim()).filter((text) => text !== '')
  const publicKeys = [
    ...(privateKey === undefined ? [] : [createPublicKey(privateKey)]),
    ...retired.map((text) => readKey('DECISION_LOG_RETIRED_KEYS', () => createPublicKey({ key: Buffer.from(text, 'base64'), format: 'der', type: 'spki' }))),
  ]
  const published = publicKeys.map(publicJwk)
  const keyOf = new Map(publicKeys.map((key, n) => [published[n]?.kid, key]))
  const ownId = published[0]?.kid ?? ''
  return {
    published,
    sign:
      privateKey &&
      ((checkpoint) => ({ ...checkpoint, keyId: ownId, signature: sign(null, Buffer.from(checkpointText(checkpoint, ownId)), privateKey).toString('base64url') })),
    check(checkpoint) {
      const key = keyOf.get(checkpoint.keyId)
      if (key === undefined) return 'unknown-key'
      return verify(null, Buffer.from(checkpointText(checkpoint, checkpoint.keyId)), key, Buffer.from(checkpoint.signature, 'base64url')) ? 'valid' : 'invalid'
    },
  }
}

function readKey(setting: string, read: () => KeyObject): KeyObject {
  let key: KeyObject | undefined
  try {
    key = read()
  } catch {
    // What OpenSSL says of it may quote it.
  }
  if (key?.asymmetricKeyType !== 'ed25519') throw new Error(`${setting}: must be an Ed25519 key, DER in base64`)
  return key
}

/** Its id is the thumbprint of RFC 7638 over the members that RFC 8037 requires. */
function publicJwk(key: KeyObject): PublicJwk {
  const { x = '' } = key.export({ format: 'jwk' })
  const kid = createHash('sha256').update(JSON.stringify({ crv: 'Ed25519', kty: 'OKP', x })).digest('base64url')
  return { kty: 'OKP', crv: 'Ed25519', x, kid, use: 'sig' }
}
