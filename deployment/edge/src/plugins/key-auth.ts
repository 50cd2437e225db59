import { z } from 'zod'
import { noteCaller } from './caller-headers.ts'
import type { EdgePlugin } from './plugin.ts'

const no = (what: string) => z.literal(false, { error: `must be there and false: the edge does not support ${what}` })

/** Kong's key-auth where an unknown key is no refusal: the service behind decides about it. */
export const keyAuth = z.strictObject({
  name: z.literal('key-auth'),
  config: z.strictObject({
    key_names: z.array(z.string().regex(/^[A-Za-z0-9_-]+$/, 'must be a header name')).min(1),
    key_in_header: z.literal(true, { error: 'must be true: the edge does not support keys elsewhere' }).default(true),
    key_in_query: no('keys in queries'),
    key_in_body: no('keys in bodies').default(false),
    hide_credentials: no('hiding keys from the service').default(false),
    run_on_preflight: no('keys in preflights'),
    anonymous: z.string({ error: 'must name a consumer: the edge does not support refusing callers itself' }),
  }),
})

/** As in Kong, the key is what it is: references to vaults aren't resolved in it. */
export const keyAuthCredential = z.strictObject({
  consumer: z.string(),
  key: z.string().min(1).regex(/^(?!\{vault:)/, 'must be the key itself: Kong resolves no reference here'),
  tags: z.array(z.string()).optional(),
})

type KeyAuthConfig = z.infer<typeof keyAuth>['config']
export type KeyAuthCredential = z.infer<typeof keyAuthCredential>

/** Recognises the consumer whose key is sent. Whom an earlier plugin recognised stays; everybody else is the anonymous consumer. */
export function createKeyAuth(config: KeyAuthConfig, credentials: readonly KeyAuthCredential[]): EdgePlugin {
  const headers = config.key_names.map((name) => name.toLowerCase())
  const anonymous = { consumer: config.anonymous, credential: undefined }
  const callers = new Map(credentials.map(({ consumer, key }, place) => [key, { consumer, credential: `key-auth-${place + 1}` }]))
  return {
    access(passage) {
      if (passage.request.method === 'OPTIONS' || passage.caller?.credential !== undefined) return undefined
      const sent = headers.map((name) => passage.request.headers[name]).find((value) => value !== undefined)
      noteCaller(passage, (typeof sent === 'string' ? callers.get(sent) : undefined) ?? anonymous)
      return undefined
    },
  }
}
