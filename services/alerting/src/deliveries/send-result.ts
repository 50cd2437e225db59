import type { DueDelivery } from './due-delivery.ts'

/** What one try to tell a destination came to. */
export interface SendResult {
  /**
   * `accepted`: it took the message. `refused`: it answered that it doesn't. `gone`: it wants no more (HTTP 410).
   * `unreachable`: no answer. `unroutable`: there is no such destination any more.
   */
  readonly outcome: 'accepted' | 'refused' | 'gone' | 'unreachable' | 'unroutable'
  readonly status?: number
  /** How long it asks to be left alone. */
  readonly retryAfterMs?: number
  /** The header as it came; counts where `retryAfterMs` is absent. */
  readonly retryAfter?: string
  /** For people; quotes no secret and no credentials. */
  readonly error?: string
  /** For the log: without secrets. */
  readonly request?: {
    readonly method?: string
    readonly url: string
    readonly headers: Readonly<Record<string, string>>
    readonly bytes: number
    /** SHA-256, hex. */
    readonly bodySha256?: string
  }
  readonly response?: {
    readonly status: number
    readonly headers: Readonly<Record<string, string>>
    /** The first 1 KiB. */
    readonly body: string
  }
}

export interface SendParts {
  /** When the try begins. */
  readonly atMs: number
  readonly signal: AbortSignal
}

/** Tells a destination once. A rejection counts as `unreachable`. */
export type SendDelivery = (delivery: DueDelivery, parts: SendParts) => Promise<SendResult>
