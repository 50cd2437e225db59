import { unwrapResolverError } from '@apollo/server/errors'
import { Problem } from '@ott/http/problem'
import { TransientError } from '@ott/pipeline/errors'
import type { Logger } from '@ott/telemetry/logger'
import { GraphQLError, type GraphQLFormattedError } from 'graphql'

/** Codes of `extensions.code` a caller may rely on. What isn't among them becomes `INTERNAL_SERVER_ERROR`. */
const toldCodes: ReadonlySet<string> = new Set([
  'BAD_REQUEST',
  'BAD_USER_INPUT',
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'OPERATION_RESOLUTION_FAILURE',
  'QUERY_TOO_COSTLY',
  'NOT_FOUND',
  'CONFLICT',
  'UNAVAILABLE',
])

/** A "no" of the business or of the caller's making, told as it is. */
export function refusal(code: 'BAD_USER_INPUT' | 'NOT_FOUND' | 'CONFLICT' | 'QUERY_TOO_COSTLY', message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code } })
}

/**
 * What a caller is told of an error: messages written for callers as they are, everything else as a general sentence,
 * so that neither addresses, nor statements, nor stack traces leave the installation. The rest goes to the log.
 */
export function errorFormatter(log: Logger): (formatted: GraphQLFormattedError, thrown: unknown) => GraphQLFormattedError {
  return (formatted, thrown) => {
    const { message, code, isOurs } = tell(formatted, unwrapResolverError(thrown))
    if (isOurs) {
      const cause = thrown instanceof Error ? thrown : undefined
      log.error({ code, path: formatted.path?.join('.'), error: cause?.message, stack: code === 'UNAVAILABLE' ? undefined : cause?.stack }, 'a GraphQL field failed')
    }
    const { locations, path } = formatted
    return { message, ...(locations === undefined ? {} : { locations }), ...(path === undefined ? {} : { path }), extensions: { code } }
  }
}

/** `isOurs`: the caller can't help it. */
function tell(formatted: GraphQLFormattedError, error: unknown): { message: string; code: string; isOurs: boolean } {
  if (error instanceof TransientError) return { message: 'a part this depends on is not answering; try again', code: 'UNAVAILABLE', isOurs: true }
  if (error instanceof Problem && error.status < 500) return { message: error.message, code: 'BAD_USER_INPUT', isOurs: false }
  const { code, serviceName } = (formatted.extensions ?? {}) as { code?: unknown; serviceName?: unknown }
  if (typeof code === 'string' && toldCodes.has(code)) return { message: formatted.message, code, isOurs: code === 'UNAVAILABLE' && serviceName === undefined }
  if (isUnreachable(error)) return { message: 'a part this depends on is not answering; try again', code: 'UNAVAILABLE', isOurs: true }
  return { message: 'an unforeseen error; it was logged', code: 'INTERNAL_SERVER_ERROR', isOurs: true }
}

/** A subgraph that doesn't take the connection or doesn't answer in time, as `fetch` tells of it; or that says 503. */
function isUnreachable(error: unknown): boolean {
  const { name, cause, extensions } = (error ?? {}) as { name?: unknown; cause?: { code?: unknown }; extensions?: { response?: { status?: unknown } } }
  return name === 'TimeoutError' || typeof cause?.code === 'string' || extensions?.response?.status === 503
}
