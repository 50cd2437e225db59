import { TransientError, UnprocessableError } from '@ott/pipeline/errors'

/** SQLSTATE classes (PostgreSQL manual, appendix A) that say "not now" rather than "not this". */
const transientClasses = new Set(['08', '40', '53', '55', '57', '58'])
/** Data exception and integrity violation: this value will never be stored. */
const permanentClasses = new Set(['22', '23'])
const connectionCodes = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN', 'ENOENT'])

/** Says in the pipeline's terms what a failed statement means. The message never carries the values of a row. */
export function translatePostgresError(thrown: unknown): Error {
  if (!Error.isError(thrown)) return new Error(String(thrown))
  if (thrown instanceof TransientError || thrown instanceof UnprocessableError) return thrown
  const code = (thrown as { code?: unknown }).code
  const sqlState = typeof code === 'string' ? code : ''
  const transient = connectionCodes.has(sqlState) || transientClasses.has(sqlState.slice(0, 2))
  if (transient || isConnectionLoss(thrown) || isOutdatedPlan(thrown)) {
    return new TransientError(`database: ${thrown.message}`, { cause: thrown })
  }
  if (sqlState.length === 5 && permanentClasses.has(sqlState.slice(0, 2))) {
    return new UnprocessableError('unstorable', `database refused a value (SQLSTATE ${sqlState})`, { cause: thrown })
  }
  return thrown
}

/** A table changed its columns under a prepared statement that returns them: it fails on this connection from now on. */
export function isOutdatedPlan(error: unknown): boolean {
  const { code, routine } = error as { code?: unknown; routine?: unknown }
  return code === '0A000' && routine === 'RevalidateCachedQuery'
}

/** The driver has no codes for these. */
function isConnectionLoss(error: Error): boolean {
  return /Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|server closed the connection/i.test(
    error.message,
  )
}
