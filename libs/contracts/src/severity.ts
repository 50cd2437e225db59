import { z } from 'zod'

/** How grave a finding is, in rising order. */
export const severities = ['low', 'medium', 'high', 'critical'] as const
export const severity = z.enum(severities)
export type Severity = z.infer<typeof severity>
