import { z } from 'zod'

const port = z.coerce.number().int().min(0).max(65_535)

/** Settings every service has, from the environment. Read once, checked once. */
export const standardSettings = z.object({
  PORT: port,
  HOST: z.string().default('127.0.0.1'),
  KAFKA_BROKERS: z.string().min(1).transform((list) => list.split(',').map((broker) => broker.trim())),
  KAFKA_TOPIC_PREFIX: z.string().regex(/^[a-zA-Z0-9._-]{0,64}$/).default(''),
  /** Partitions of the topics a service creates. */
  KAFKA_PARTITIONS: z.coerce.number().int().min(1).max(1_000).default(6),
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }).optional(),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal']).default('info'),
})
export type StandardSettings = z.infer<typeof standardSettings>

/** A setting is missing or wrong; the message names each one. */
export class SettingsError extends Error {
  override name = 'SettingsError'
}

/** Reads settings from an environment; one that is set to nothing counts as not set. */
export function readSettings<Schema extends z.ZodType>(schema: Schema, environment: Readonly<Record<string, string | undefined>>): z.infer<Schema> {
  const parsed = schema.safeParse(Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== '')))
  if (parsed.success) return parsed.data
  throw new SettingsError(parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; '))
}
