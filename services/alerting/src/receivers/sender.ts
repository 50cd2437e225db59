import type { Integration } from '@ott/alert-routing/configuration'
import type { Notification } from '@ott/alert-routing/notification'
import type { SendResult } from '../deliveries/send-result.ts'

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

/** Tells an integration's receiver of a group of alerts; never rejects. */
export type SendNotification = (integration: Integration, notification: Notification, attempt: Attempt) => Promise<SendResult>
