import { compactVerify, decodeJwt, decodeProtectedHeader, importSPKI, type CryptoKey } from 'jose'
import { z } from 'zod'
import { noteCaller } from './caller-headers.ts'
import type { EdgePlugin, Passage } from './plugin.ts'

const none = (where: string) => z.array(z.string()).max(0, `must be empty: the edge does not support tokens in ${where}`)

/** Kong's jwt where a token that isn't valid is no refusal: the service behind decides about it. */
export const jwt = z.strictObject({
  name: z.literal('jwt'),
  config: z.strictObject({
    header_names: z.array(z.string().regex(/^[A-Za-z0-9-]+$/, 'must be a header name')).min(1),
    uri_param_names: none('queries'),
    cookie_names: none('cookies').default([]),
    key_claim_name: z.string().default('iss'),
    claims_to_verify: z.array(z.enum(['exp', 'nbf'])).default([]),
    secret_is_base64: z.literal(false, { error: 'must be false: the edge does not support secrets in Base64' }).default(false),
    run_on_preflight: z.literal(false, { error: 'must be there and false: the edge does not support tokens in preflights' }),
    anonymous: z.string({ error: 'must name a consumer: the edge does not support refusing callers itself' }),
  }),
})

const secret = z.string().min(1).regex(/^(?!\{vault:)/, 'must be the secret itself: Kong resolves no reference here')
const known = { consumer: z.string(), key: z.string().min(1), tags: z.array(z.string()).optional() }

export const jwtSecret = z.discriminatedUnion(
  'algorithm',
  [
    z.strictObject({ ...known, algorithm: z.enum(['HS256', 'HS384', 'HS512']), secret }),
    z.strictObject({ ...known, algorithm: z.enum(['RS256', 'RS384', 'RS512', 'ES256', 'ES384', 'ES512']), rsa_public_key: z.string() }),
  ],
  { error: 'must be there and one of HS, RS or ES with 256, 384 or 512: the edge does not support other algorithms' },
)

type JwtConfig = z.infer<typeof jwt>['config']
export type JwtSecret = z.infer<typeof jwtSecret>
type Claims = Readonly<Record<string, unknown>>

/** Recognises the consumer whose token is sent as a bearer. Everybody else is the anonymous consumer. `nowMs` is the time of day. */
export function createJwt(config: JwtConfig, secrets: readonly JwtSecret[], nowMs: () => number): EdgePlugin {
  const headers = config.header_names.map((name) => name.toLowerCase())
  const anonymous = { consumer: config.anonymous, credential: undefined }
  const known = new Map(secrets.map((each) => [each.key, { ...each, verifier: verifierOf(each) }]))

  async function recognise(passage: Passage, token: string): Promise<undefined> {
    const found = known.get(keyOf(token, config.key_claim_name) ?? '')
    const valid = found !== undefined && (await isValid(token, found.algorithm, found.verifier))
    noteCaller(passage, valid ? { consumer: found.consumer, credential: found.key } : anonymous)
  }

  async function isValid(token: string, algorithm: string, verifier: Promise<CryptoKey | Uint8Array>): Promise<boolean> {
    try {
      await compactVerify(token, await verifier, { algorithms: [algorithm] })
      return holdsNow(decodeJwt(token), config.claims_to_verify, nowMs() / 1_000)
    } catch {
      return false
    }
  }

  return {
    access(passage) {
      if (passage.request.method === 'OPTIONS') return undefined
      const tokens = new Set(headers.map((name) => bearerIn(passage.request.headers[name])).filter((token) => token !== undefined))
      const [token] = tokens
      // Nothing to verify with, or nothing that could be a token: the common case costs nothing.
      if (token !== undefined && tokens.size === 1 && known.size > 0 && token.split('.').length === 3) return recognise(passage, token)
      noteCaller(passage, anonymous)
      return undefined
    },
  }
}

/** Whether the claims to verify are there and hold (RFC 7519 §4.1.4, §4.1.5). As in Kong, others aren't looked at. */
export function holdsNow(claims: Claims, toVerify: readonly ('exp' | 'nbf')[], nowSeconds: number): boolean {
  return toVerify.every((name) => {
    const value = claims[name]
    return typeof value === 'number' && (name === 'exp' ? value > nowSeconds : value <= nowSeconds)
  })
}

function verifierOf(each: JwtSecret): Promise<CryptoKey | Uint8Array> {
  const key = 'secret' in each ? Promise.resolve(new TextEncoder().encode(each.secret)) : importSPKI(each.rsa_public_key, each.algorithm)
  // A key that can't be read recognises nobody; each use says so again.
  key.catch(() => {})
  return key
}

function keyOf(token: string, claim: string): string | undefined {
  try {
    const value = decodeJwt(token)[claim] ?? (decodeProtectedHeader(token) as Claims)[claim]
    return typeof value === 'string' ? value : undefined
  } catch {
    return undefined
  }
}

function bearerIn(value: string | string[] | undefined): string | undefined {
  return typeof value === 'string' ? /\s*[Bb]earer\s+(.+)/.exec(value)?.[1] : undefined
}
