import type { Integration } from '@ott/alert-routing/configuration'
import type { Notification } from '@ott/alert-routing/notification'

export interface HttpRequest {
  readonly url: string
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly timeoutMs: number
  readonly signal?: AbortSignal
}

export interface HttpResponse {
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** A redirect, which isn't followed, would have led to an address that may not be called. */
  readonly redirectsInside?: boolean
}

/**
 * One HTTP call that follows no redirect and reaches no address it mustn't. Rejects where no answer came: with an error
 * named `RequestFailed`, whose message may be shown, or another, of which only the `code` is.
 */
export type SafeRequest = (request: HttpRequest) => Promise<HttpResponse>

/** How SMTP servers are reached. */
export interface SmtpAccess {
  /** The address to connect to, checked as HTTP's are; rejects where the host has none that is allowed. */
  readonly resolve: (host: string, signal: AbortSignal) => Promise<string>
  /** PEM of the authority that signs the servers' certificates; the public ones where absent. */
  readonly trustedCertificates?: string
}

/** What belongs to one attempt to tell a receiver. */
export interface Attempt {
  /** The same for every attempt: receivers tell repeats by it. */
  readonly messageId: string
  readonly atMs: number
  /** Counted from 1. */
  readonly attempt: number
  /** The step of a trace that the message belongs to. */
  readonly traceparent: string | undefined
  readonly tenantId?: string
  readonly signal: AbortSignal
}

/** How an attempt ended, as the delivery log keeps it: no secret is in it. */
export interface SendResult {
  /**
   * `accepted`: the receiver has it. `refused`: it answered, but didn't take it. `gone`: it wants nothing any more.
   * `unreachable`: no answer came.
   */
  readonly outcome: 'accepted' | 'refused' | 'gone' | 'unreachable'
  /** Of HTTP or SMTP. */
  readonly status?: number
  /** How long the receiver asks to be left alone, and the header it said so in. */
  readonly retryAfterMs?: number
  readonly retryAfter?: string
  readonly error?: string
  readonly request: {
    readonly method?: string
    /** Without path and query where they are secrets, never with credentials. */
    readonly url: string
    readonly headers: Readonly<Record<string, string>>
    readonly bytes: number
    /** SHA-256, hex. */
    readonly bodySha256?: string
  }
  readonly response?: { readonly status: number; readonly headers: Readonly<Record<string, string>>; /** The first 1 KiB. */ readonly body: string }
}

/** Tells an integration's receiver of a group of alerts; never rejects. */
export type SendNotification = (integration: Integration, notification: Notification, attempt: Attempt) => Promise<SendResult>
