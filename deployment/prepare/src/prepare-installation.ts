import { schema as alerting } from '@ott/alerting/schema'
import { schema as compliance } from '@ott/compliance/schema'
import { topicCatalogue } from '@ott/contracts/topics'
import { schema as ingest } from '@ott/ingest/schema'
import { createKafkaBus } from '@ott/kafka/kafka-bus'
import { schema as mlScoring } from '@ott/ml-scoring/schema'
import { provision } from '@ott/postgres/provision'
import type { SchemaDefinition } from '@ott/postgres/migration'
import { schema as tenant } from '@ott/tenant/schema'
import { schema as violation } from '@ott/violation/schema'

/** Every service's schema. A schema that shares tables grants them to roles, which are all made before. */
export const schemas: readonly SchemaDefinition[] = [tenant, ingest, compliance, violation, alerting, mlScoring]

export interface Installation {
  readonly adminDatabaseUrl: string
  readonly kafkaBrokers: readonly string[]
  readonly topicPrefix?: string
  readonly partitions: number
  /** Password of each service's database role. */
  readonly passwords: Readonly<Record<string, string>>
}

/** Makes topics, roles and schemas, or brings them up to date; repeatable. */
export async function prepareInstallation(installation: Installation): Promise<{ databaseUrls: Record<string, string> }> {
  const [databaseUrls] = await Promise.all([provisionDatabase(installation), createTopics(installation)])
  return { databaseUrls }
}

/**
 * Makes roles and schemas; repeatable.
 * @returns connection URL by service
 */
export function provisionDatabase({ adminDatabaseUrl, passwords }: Installation): Promise<Record<string, string>> {
  return provision({ adminUrl: adminDatabaseUrl, schemas, passwords })
}

/** Makes the topics that aren't there; those that are keep their partitions. */
export async function createTopics({ kafkaBrokers, topicPrefix = '', partitions }: Installation): Promise<void> {
  const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined }
  const bus = await createKafkaBus({ brokers: kafkaBrokers, clientId: 'ott-prepare', topicPrefix, log: quiet })
  try {
    await bus.createTopics(topicCatalogue, partitions)
  } finally {
    await bus.close()
  }
}
