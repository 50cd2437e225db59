import type { SchemaDefinition } from '@ott/postgres/migration'
import { alertMigration } from './alerts/alert-schema.ts'
import { deliveryMigration } from './deliveries/delivery-schema.ts'

export const schema: SchemaDefinition = { service: 'alerting', migrations: [alertMigration, deliveryMigration] }
