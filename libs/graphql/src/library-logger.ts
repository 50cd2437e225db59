import type { Logger } from '@ott/telemetry/logger'

/** Takes what a GraphQL library tells while it works, which is of interest to those who look for it only. */
export function libraryLogger(log: Logger): Pick<Console, 'debug' | 'info' | 'warn' | 'error'> {
  return {
    debug: (message: unknown) => log.trace(String(message)),
    info: (message: unknown) => log.debug(String(message)),
    warn: (message: unknown) => log.warn(String(message)),
    error: (message: unknown) => log.error(String(message)),
  }
}
