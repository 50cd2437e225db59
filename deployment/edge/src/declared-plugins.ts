import { pluginOf, type KongDeclaration } from './kong-declaration.ts'
import { createCors } from './plugins/cors.ts'
import { createJwt } from './plugins/jwt.ts'
import { createKeyAuth } from './plugins/key-auth.ts'
import type { EdgePlugin } from './plugins/plugin.ts'
import { createRateLimiting, type RateLimitingConfig } from './plugins/rate-limiting.ts'
import { bodyBytesMaxOf, createRequestSizeLimiting } from './plugins/request-size-limiting.ts'

/**
 * The plugins of a declaration in the order in which Kong asks them, by its priorities: cors 2000, jwt 1450, key-auth 1250,
 * request-size-limiting 951, rate-limiting 910. (correlation-id comes before them, opentelemetry and prometheus after.)
 * `nowMs` is the time of day.
 */
export function pluginsInOrder(declaration: KongDeclaration, nowMs: () => number): EdgePlugin[] {
  const [cors, jwt, keyAuth] = [pluginOf(declaration, 'cors'), pluginOf(declaration, 'jwt'), pluginOf(declaration, 'key-auth')]
  const size = pluginOf(declaration, 'request-size-limiting')
  const rate = pluginOf(declaration, 'rate-limiting')
  const ofConsumers = limitsOfConsumers(declaration)
  return [
    cors && createCors(cors),
    jwt && createJwt(jwt, declaration.jwt_secrets, nowMs),
    keyAuth && createKeyAuth(keyAuth, declaration.keyauth_credentials),
    size && createRequestSizeLimiting(bodyBytesMaxOf(size)),
    rate || ofConsumers.size > 0 ? createRateLimiting(rate, ofConsumers, nowMs) : undefined,
  ].filter((plugin) => plugin !== undefined)
}

/** A declaration with another limit for addresses; those of consumers stay. */
export function withAddressLimit(declaration: KongDeclaration, hour: number | undefined): KongDeclaration {
  if (hour === undefined) return declaration
  const plugins = declaration.plugins.map((plugin) =>
    plugin.name === 'rate-limiting' && plugin.config.limit_by === 'ip' ? { ...plugin, config: { ...plugin.config, hour } } : plugin,
  )
  return { ...declaration, plugins }
}

function limitsOfConsumers({ consumers }: KongDeclaration): ReadonlyMap<string, RateLimitingConfig> {
  return new Map(consumers.flatMap(({ username, plugins }) => plugins.map(({ config }): [string, RateLimitingConfig] => [username, config])))
}
