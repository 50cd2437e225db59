import { z } from 'zod'
import { defineEvent, tenantId, type EventOf } from './define-event.ts'
import { screeningModes } from './screening.ts'

/** A tenant's configuration in force. The topic is compacted: the last record of a tenant is its configuration. */
export const tenantConfigured = defineEvent({
  type: 'com.ott.tenant.configured.v1',
  topic: 'config.tenants.v1',
  owner: 'tenant',
  description: "A tenant's configuration in force; the last one counts.",
  data: z.looseObject({
    tenantId,
    name: z.string(),
    /** SHA-256 of each API key in force, hex. The keys themselves are never kept. */
    apiKeys: z.array(z.looseObject({ id: z.string(), sha256: z.string().regex(/^[0-9a-f]{64}$/) })),
    /** A risk score at or above this opens a violation. */
    riskThreshold: z.number().min(0).max(1),
    /** Event types the tenant doesn't want judged: outcome `filtered`. */
    ignoredEventTypes: z.array(z.string()),
    /** What becomes of events that carry attacks; `mark` where nothing is said. */
    screening: z.enum(screeningModes).optional(),
    webhook: z.looseObject({ url: z.url({ protocol: /^https?$/ }), secret: z.string() }).optional(),
  }),
})
export type TenantConfigured = EventOf<typeof tenantConfigured>
export type TenantConfiguration = TenantConfigured['data']
