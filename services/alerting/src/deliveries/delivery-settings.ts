import { z } from 'zod'
import { createAddressGuard } from './address-guard.ts'
import { defaultRetrySchedule, parseRetrySchedule } from './retry-schedule.ts'

/** What an operator may set of deliveries; read and checked when the process starts. */
export const deliverySettings = {
  /** Inner networks that receivers may be on: CIDR, separated by commas. */
  WEBHOOK_ALLOWED_NETWORKS: checked('', createAddressGuard),
  /** Waits between the tries of a delivery. */
  DELIVERY_RETRY_SCHEDULE: checked(defaultRetrySchedule, parseRetrySchedule),
  /** How long deliveries and their tries are kept after they ended. */
  DELIVERY_LOG_DAYS: z.coerce.number().int().min(7).max(3_650).default(90),
}

/** Reads a text by a function that throws an error for people; the setting's name, which {@link readSettings} writes too, goes once. */
function checked<T>(preset: string, read: (text: string) => T) {
  return z
    .string()
    .default(preset)
    .transform((text, context) => {
      try {
        return read(text)
      } catch (error) {
        context.addIssue({ code: 'custom', message: Error.isError(error) ? error.message.replace(/^[A-Z_]+: /, '') : 'can not be read' })
        return z.NEVER
      }
    })
}
