import { readFileSync } from 'node:fs'
import { parse, YAMLParseError } from 'yaml'
import { z } from 'zod'
import { isPortablePathRegex } from './portable-path-regex.ts'
import { readRequestTarget } from './request-path.ts'

/**
 * The part of Kong's declarative configuration (format 3.0) that the edge carries out. Everything else is refused, so
 * that a kong.yml that works here means the same to a real Kong Gateway 3.9 with its default router.
 */
export type KongDeclaration = z.infer<typeof kongDeclaration>
export type KongService = KongDeclaration['services'][number]
export type KongRoute = KongService['routes'][number]

/** A kong.yml that can't be read, isn't valid, or uses what the edge does not support. The message names every place. */
export class KongDeclarationError extends Error {
  override readonly name = 'KongDeclarationError'
}

const kongName = z.string().regex(/^[A-Za-z0-9._~-]+$/, 'must consist of letters, digits and . _ ~ -')
const timeoutMs = z.int().min(1).max(2_147_483_646)
const tags = z.array(z.string().regex(/^[^,/]+$/, 'must not contain , or /')).optional()

const path = z.string().superRefine((value, issues) => {
  const problem = problemOfPath(value)
  if (problem !== undefined) issues.addIssue({ code: 'custom', message: problem })
})

function problemOfPath(value: string): string | undefined {
  if (value.startsWith('~')) {
    if (!value.startsWith('~/')) return 'must start with / (a prefix) or ~/ (a regex)'
    if (isPortablePathRegex(value.slice(1))) return undefined
    return 'is a regex the edge does not support; see portable-path-regex.ts for the subset'
  }
  if (!value.startsWith('/')) return 'must start with / (a prefix) or ~/ (a regex)'
  if (!/^[A-Za-z0-9._~/%:@!$&'()*+,;=-]*$/.test(value)) return 'has characters that are not allowed in a path; write a regex as ~/…'
  const target = readRequestTarget(value)
  if (target.ok && target.path === value) return undefined
  return 'must be in normal form: no dot segments, doubled slashes or needless percent-encoding'
}

const route = z.strictObject({
  name: kongName,
  protocols: z
    .array(z.enum(['http', 'https'], { error: 'must be http or https: the edge does not support other protocols' }))
    .refine((all) => all.includes('http'), { error: 'must include http: the edge does not support TLS' }),
  methods: z.array(z.string().regex(/^[A-Z]+$/, 'must be in capitals')).min(1),
  paths: z.array(path).min(1),
  regex_priority: z.int().min(0).max(2 ** 31 - 1).default(0),
  // Kong takes true when it is left out, so it has to be written down.
  strip_path: z.literal(false, { error: 'must be there and false: the edge does not support strip_path' }),
  preserve_host: z.literal(false, { error: 'must be false: the edge does not support preserve_host' }).default(false),
  tags,
})

const service = z
  .strictObject({
    name: kongName,
    protocol: z.literal('http', { error: 'must be http: the edge does not support other upstream protocols' }),
    host: z.string().regex(/^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/, 'must be a host name'),
    port: z.int().min(1).max(65_535),
    connect_timeout: timeoutMs,
    read_timeout: timeoutMs,
    write_timeout: timeoutMs,
    retries: z.literal(0, { error: 'must be 0: the edge does not support retries' }),
    tags,
    routes: z.array(route).default([]),
  })
  .refine(({ read_timeout, write_timeout }) => read_timeout === write_timeout, {
    path: ['write_timeout'],
    error: 'must equal read_timeout: the edge does not support different timeouts for the two directions',
  })

const correlationId = z.strictObject({
  name: z.literal('correlation-id', { error: 'must be correlation-id: the edge does not support any other plugin' }),
  config: z.strictObject({
    header_name: z.string().regex(/^[A-Za-z0-9-]+$/, 'must be a header name'),
    generator: z.literal('uuid', { error: 'must be uuid: the edge does not support other generators' }),
    echo_downstream: z.literal(true, { error: 'must be true: the edge does not support hiding the id from the caller' }),
  }),
})

const kongDeclaration = z
  .strictObject({
    _format_version: z.literal('3.0', { error: 'must be "3.0"' }),
    plugins: z.array(correlationId).max(1, 'must hold one plugin at most').default([]),
    services: z.array(service).min(1),
  })
  .superRefine(({ services }, issues) => {
    const seen = new Map<string, string>()
    services.forEach((one, s) => {
      unique(`service ${one.name}`, ['services', s, 'name'])
      one.routes.forEach((each, r) => unique(`route ${each.name}`, ['services', s, 'routes', r, 'name']))
    })
    function unique(what: string, at: (string | number)[]) {
      const first = seen.get(what)
      if (first !== undefined) issues.addIssue({ code: 'custom', path: at, message: `repeats ${what}, first named at ${first}` })
      else seen.set(what, at.join('.'))
    }
  })

/**
 * Checks the text of a kong.yml. `source` is what messages call it.
 * Throws KongDeclarationError naming the path of everything that is invalid or not supported.
 */
export function parseKongDeclaration(text: string, source = 'kong.yml'): KongDeclaration {
  let document: unknown
  try {
    document = parse(text)
  } catch (error) {
    if (!(error instanceof YAMLParseError)) throw error
    throw new KongDeclarationError(`${source} is not valid YAML: ${error.message.split('\n')[0]}`)
  }
  const checked = kongDeclaration.safeParse(document)
  if (checked.success) return checked.data
  throw new KongDeclarationError(`${source}: ${checked.error.issues.map(describe).join('; ')}`)
}

/** Reads and checks a kong.yml file. Throws KongDeclarationError, also when the file can't be read. */
export function readKongDeclaration(file: string): KongDeclaration {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    throw new KongDeclarationError(`${file} can't be read: ${(error as NodeJS.ErrnoException).code ?? 'unknown error'}`)
  }
  return parseKongDeclaration(text, file)
}

function describe(issue: z.core.$ZodIssue): string {
  const at = issue.path.join('.')
  if (issue.code === 'unrecognized_keys') {
    const keys = issue.keys.map((key) => (at === '' ? key : `${at}.${key}`))
    return `${keys.join(', ')}: the edge does not support this setting`
  }
  return `${at || '(document)'}: ${issue.message}`
}
