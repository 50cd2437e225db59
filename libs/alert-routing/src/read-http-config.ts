import { booleanOf, complain, fieldsOf, requiredText, textOf, type Place, type Reading } from './configuration-place.ts'
import type { HttpAuthorization } from './configuration.ts'

/** What stands for a secret in a configuration that is shown. */
export const hiddenSecret = '<secret>'

/** The part of `http_config` that is taken: who we are. How a request travels is the operator's, so that no receiver reaches what it shouldn't. */
export function readHttpConfig(reading: Reading, place: Place | undefined): HttpAuthorization | undefined {
  const fields = fieldsOf(reading, place, { fields: ['authorization', 'basic_auth', 'bearer_token', 'follow_redirects', 'enable_http2'], unsupported })
  if (fields === undefined || place === undefined) return undefined
  const follows = fields.get('follow_redirects')
  if (follows !== undefined && booleanOf(reading, follows) === true) complain(reading, follows, 'redirects are never followed')
  booleanOf(reading, fields.get('enable_http2'))
  const ways = ['authorization', 'basic_auth', 'bearer_token'].filter((field) => fields.has(field))
  if (ways.length > 1) return complain(reading, place, `takes one of ${ways.join(' and ')}, not both`)

  const token = secretOf(reading, fields.get('bearer_token'))
  if (token !== undefined) return { type: 'bearer', credentials: token }
  return readBasic(reading, fields.get('basic_auth')) ?? readAuthorization(reading, fields.get('authorization'))
}

/** A secret of one line; the sign that hides one isn't one. */
export function secretOf(reading: Reading, place: Place | undefined): string | undefined {
  const secret = textOf(reading, place)
  if (secret === undefined || place === undefined) return undefined
  if (secret === hiddenSecret) return complain(reading, place, 'the secret is hidden in this text: write the secret itself')
  return secret === '' ? complain(reading, place, 'must not be empty') : secret
}

/** A secret that may be left empty, which is as good as absent. */
export function optionalSecretOf(reading: Reading, place: Place | undefined): string | undefined {
  return textOf({ ...reading, problems: [] }, place) === '' ? undefined : secretOf(reading, place)
}

/** An address of http or https. Its text is a secret, so it isn't part of what is told. */
export function urlOf(reading: Reading, place: Place | undefined): string | undefined {
  const text = secretOf(reading, place)
  if (text === undefined || place === undefined) return undefined
  const url = URL.parse(text)
  if (url === null || !['http:', 'https:'].includes(url.protocol) || url.hostname === '') return complain(reading, place, "isn't a URL of http or https")
  if (url.username !== '' || url.password !== '') return complain(reading, place, 'a name and password in a URL are not supported: use http_config.basic_auth')
  return text
}

function readBasic(reading: Reading, place: Place | undefined): HttpAuthorization | undefined {
  const fields = fieldsOf(reading, place, { fields: ['username', 'password'] })
  if (fields === undefined || place === undefined) return undefined
  const username = requiredText(reading, fields, 'username', place)
  const password = optionalSecretOf(reading, fields.get('password')) ?? ''
  return username === undefined ? undefined : { type: 'basic', username, password }
}

function readAuthorization(reading: Reading, place: Place | undefined): HttpAuthorization | undefined {
  const fields = fieldsOf(reading, place, { fields: ['type', 'credentials'] })
  if (fields === undefined || place === undefined) return undefined
  const type = textOf(reading, fields.get('type')) ?? 'Bearer'
  if (type.toLowerCase() !== 'bearer') complain(reading, fields.get('type') ?? place, 'only Bearer is supported here; for Basic use basic_auth')
  if (!fields.has('credentials')) complain(reading, place, 'credentials is missing')
  const credentials = secretOf(reading, fields.get('credentials'))
  return credentials === undefined ? undefined : { type: 'bearer', credentials }
}

function unsupported(field: string): string | undefined {
  const sentences: Readonly<Record<string, string>> = {
    oauth2: 'OAuth 2 is not supported: use authorization or basic_auth',
    tls_config: 'settings of TLS are not supported: certificates are verified against the usual authorities',
    http_headers: 'headers of your own are not supported',
  }
  if (field.startsWith('proxy') || field === 'no_proxy') return 'proxies are not supported'
  return Object.hasOwn(sentences, field) ? sentences[field] : undefined
}
