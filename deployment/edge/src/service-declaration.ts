import { z } from 'zod'
import { isPortablePathRegex } from './portable-path-regex.ts'
import { readRequestTarget } from './request-path.ts'

/** What Kong takes as a name. */
export const kongName = z.string().regex(/^[A-Za-z0-9._~-]+$/, 'must consist of letters, digits and . _ ~ -')
const timeoutMs = z.int().min(1).max(2_147_483_646)
export const tags = z.array(z.string().regex(/^[^,/]+$/, 'must not contain , or /')).optional()

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
  // The edge passes every answer on as it comes; Kong has to be told.
  response_buffering: z.boolean().default(true),
  tags,
})

/** One service of kong.yml with its routes. */
export const service = z
  .strictObject({
    name: kongName,
    protocol: z.literal('http', { error: 'must be http: the edge does not support other upstream protocols' }),
    host: z.string().regex(/^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/, 'must be a host name'),
    // An upstream's targets have ports of their own.
    port: z.int().min(1).max(65_535).default(80),
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
