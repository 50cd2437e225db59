import { readFileSync } from 'node:fs'
import { readSettings, SettingsError, standardSettings } from '@ott/service/settings'
import { z } from 'zod'
import { schemas, type Installation } from './prepare-installation.ts'

export interface PrepareSettings {
  readonly installation: Installation
  /** How long broker and database may take until they answer. */
  readonly waitMsMax: number
}

type Environment = Readonly<Record<string, string | undefined>>

/** `ml-scoring` → `DATABASE_PASSWORD_ML_SCORING` */
export function passwordSettingOf(service: string): string {
  return `DATABASE_PASSWORD_${service.toUpperCase().replaceAll('-', '_')}`
}

const passwordSettings = new Map(schemas.map(({ service }) => [passwordSettingOf(service), service]))
const required = (name: string) => z.string({ error: `must be set, or ${name}_FILE` })

const settings = standardSettings.pick({ KAFKA_BROKERS: true, KAFKA_TOPIC_PREFIX: true, KAFKA_PARTITIONS: true }).extend({
  ADMIN_DATABASE_URL: required('ADMIN_DATABASE_URL').pipe(z.url({ protocol: /^postgres(ql)?$/, error: 'must be a postgres:// address' })),
  PREPARE_WAIT_MS: z.coerce.number().int().min(0).max(600_000).default(60_000),
})
const passwords = z.object(Object.fromEntries([...passwordSettings.keys()].map((name) => [name, required(name)])))
const secrets = ['ADMIN_DATABASE_URL', ...passwordSettings.keys()]

/**
 * Reads what an installation is made with. Each secret is given by its setting or, as `<setting>_FILE`, by a file that holds it.
 * @throws {SettingsError} one sentence that names every setting that is missing or wrong, and no value
 */
export function readPrepareSettings(environment: Environment): PrepareSettings {
  const given = { ...environment, ...secretsOf(environment) }
  const read = readSettings(settings.and(passwords), given) as z.infer<typeof settings> & Record<string, unknown>
  return {
    installation: {
      adminDatabaseUrl: read.ADMIN_DATABASE_URL,
      kafkaBrokers: read.KAFKA_BROKERS,
      topicPrefix: read.KAFKA_TOPIC_PREFIX,
      partitions: read.KAFKA_PARTITIONS,
      passwords: Object.fromEntries([...passwordSettings].map(([name, service]) => [service, String(read[name])])),
    },
    waitMsMax: read.PREPARE_WAIT_MS,
  }
}

function secretsOf(environment: Environment): Record<string, string | undefined> {
  return Object.fromEntries(
    secrets.map((name) => {
      const file = environment[`${name}_FILE`] || undefined
      if (file === undefined) return [name, environment[name]]
      if (environment[name]) throw new SettingsError(`${name}: is given twice, by itself and by ${name}_FILE`)
      return [name, contentOf(file, `${name}_FILE`)]
    }),
  )
}

/** Editors and `echo` end a file with a line break that is no part of the secret. */
function contentOf(file: string, setting: string): string {
  try {
    return readFileSync(file, 'utf8').replace(/\r?\n$/, '')
  } catch (error) {
    throw new SettingsError(`${setting}: the file can't be read (${(error as NodeJS.ErrnoException).code ?? 'unknown error'})`)
  }
}
