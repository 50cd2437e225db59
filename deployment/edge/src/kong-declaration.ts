import { readFileSync } from 'node:fs'
import { parse, YAMLParseError } from 'yaml'
import { z } from 'zod'
import { correlationId } from './plugins/correlation-id.ts'
import { cors } from './plugins/cors.ts'
import { jwt, jwtSecret } from './plugins/jwt.ts'
import { keyAuth, keyAuthCredential } from './plugins/key-auth.ts'
import { opentelemetry } from './plugins/opentelemetry.ts'
import { prometheus } from './plugins/prometheus.ts'
import { rateLimiting } from './plugins/rate-limiting.ts'
import { requestSizeLimiting } from './plugins/request-size-limiting.ts'
import { kongName, service, tags } from './service-declaration.ts'
import { upstreamDeclaration } from './upstream-declaration.ts'

/**
 * The part of Kong's declarative configuration (format 3.0) that the edge carries out. Everything else is refused, so
 * that a kong.yml that works here means the same to a real Kong Gateway 3.9 with its default router.
 */
export type KongDeclaration = z.infer<typeof kongDeclaration>
export type KongService = KongDeclaration['services'][number]
export type KongRoute = KongService['routes'][number]
export type KongPlugin = KongDeclaration['plugins'][number]

/** A kong.yml that can't be read, isn't valid, or uses what the edge does not support. The message names every place. */
export class KongDeclarationError extends Error {
  override readonly name = 'KongDeclarationError'
}

const plugin = z.discriminatedUnion(
  'name',
  [correlationId, cors, jwt, keyAuth, requestSizeLimiting, rateLimiting, opentelemetry, prometheus],
  { error: 'must be a plugin of kong.yml so far: the edge does not support any other plugin' },
)

const consumer = z.strictObject({
  username: kongName,
  plugins: z.array(z.discriminatedUnion('name', [rateLimiting], { error: 'must be rate-limiting: the edge does not support others here' })).max(1).default([]),
  tags,
})

const kongDeclaration = z
  .strictObject({
    _format_version: z.literal('3.0', { error: 'must be "3.0"' }),
    plugins: z.array(plugin).default([]),
    consumers: z.array(consumer).default([]),
    keyauth_credentials: z.array(keyAuthCredential).default([]),
    jwt_secrets: z.array(jwtSecret).default([]),
    upstreams: z.array(upstreamDeclaration).default([]),
    services: z.array(service).min(1),
  })
  .superRefine(checkNames)

type Context = z.core.$RefinementCtx

/** Names are unique among their kind, and what is referred to is there. */
function checkNames(all: z.output<typeof kongDeclaration>, issues: Context): void {
  const seen = new Map<string, string>()
  function unique(what: string, at: (string | number)[]) {
    const first = seen.get(what)
    if (first !== undefined) issues.addIssue({ code: 'custom', path: at, message: `repeats ${what}, first named at ${first}` })
    else seen.set(what, at.join('.'))
  }
  function known(consumer: string, at: (string | number)[]) {
    if (!seen.has(`consumer ${consumer}`)) issues.addIssue({ code: 'custom', path: at, message: `names no consumer of the file` })
  }
  all.plugins.forEach(({ name }, p) => unique(`plugin ${name}`, ['plugins', p, 'name']))
  all.consumers.forEach(({ username }, c) => unique(`consumer ${username}`, ['consumers', c, 'username']))
  all.upstreams.forEach(({ name }, u) => unique(`upstream ${name}`, ['upstreams', u, 'name']))
  all.services.forEach(({ name, routes }, s) => {
    unique(`service ${name}`, ['services', s, 'name'])
    routes.forEach((each, r) => unique(`route ${each.name}`, ['services', s, 'routes', r, 'name']))
  })
  // Messages never quote a credential.
  for (const kind of ['keyauth_credentials', 'jwt_secrets'] as const) {
    const keys = new Set<string>()
    all[kind].forEach(({ consumer, key }, k) => {
      known(consumer, [kind, k, 'consumer'])
      if (keys.has(key)) issues.addIssue({ code: 'custom', path: [kind, k, 'key'], message: 'repeats a key' })
      keys.add(key)
    })
  }
  all.plugins.forEach(({ config }, p) => {
    if ('anonymous' in config) known(config.anonymous, ['plugins', p, 'config', 'anonymous'])
  })
}

type ConfigOfPlugin = { [Plugin in KongPlugin as Plugin['name']]: Plugin['config'] }

/** The configuration of a plugin that holds for every request, or undefined where the file has none. */
export function pluginOf<Name extends keyof ConfigOfPlugin>({ plugins }: KongDeclaration, name: Name): ConfigOfPlugin[Name] | undefined {
  return plugins.find((each) => each.name === name)?.config as ConfigOfPlugin[Name] | undefined
}

/**
 * Checks the text of a kong.yml, with more files merged into it as `deck file merge` does: lists of the same name are joined.
 * `source` is what messages call it. Throws KongDeclarationError naming the path of everything that is invalid or not supported.
 */
export function parseKongDeclaration(text: string, source = 'kong.yml', ...more: readonly string[]): KongDeclaration {
  const checked = kongDeclaration.safeParse([text, ...more].map((each) => parseYaml(each, source)).reduce(merge))
  if (checked.success) return checked.data
  throw new KongDeclarationError(`${source}: ${checked.error.issues.map(describe).join('; ')}`)
}

/** Reads and checks kong.yml and files that are merged into it. Throws KongDeclarationError, also when one can't be read. */
export function readKongDeclaration(file: string, ...more: readonly string[]): KongDeclaration {
  return parseKongDeclaration(readText(file), file, ...more.map(readText))
}

function merge(into: unknown, more: unknown): unknown {
  if (!isRecord(into) || !isRecord(more)) return into
  const merged: Record<string, unknown> = { ...into }
  for (const [name, value] of Object.entries(more)) {
    const present = merged[name]
    merged[name] = Array.isArray(present) && Array.isArray(value) ? [...(present as unknown[]), ...(value as unknown[])] : value
  }
  return merged
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function parseYaml(text: string, source: string): unknown {
  try {
    return parse(text)
  } catch (error) {
    if (!(error instanceof YAMLParseError)) throw error
    throw new KongDeclarationError(`${source} is not valid YAML: ${error.message.split('\n')[0]}`)
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new KongDeclarationError(`${file} can't be read: ${(error as NodeJS.ErrnoException).code ?? 'unknown error'}`)
  }
}

function describe(issue: z.core.$ZodIssue): string {
  const at = issue.path.join('.')
  if (issue.code === 'unrecognized_keys') {
    const keys = issue.keys.map((key) => (at === '' ? key : `${at}.${key}`))
    return `${keys.join(', ')}: the edge does not support this setting`
  }
  return `${at || '(document)'}: ${issue.message}`
}
