import { isolateTenants, roleOf, type SchemaDefinition } from '@ott/postgres/migration'
import { deliveryMigration } from './deliveries/delivery-schema.ts'

export const schema: SchemaDefinition = {
  service: 'alerting',
  migrations: [
    {
      name: '001-alerts',
      up: (knex) =>
        knex.raw(`
          create table alerting.alerts (
            tenant_id text not null,
            id text not null,
            violation_id text not null,
            subject text not null,
            rule text not null,
            severity text not null,
            status text not null check (status in ('pending', 'delivered', 'failed', 'unrouted')),
            attempts integer not null default 0,
            next_attempt_at timestamptz not null,
            last_error text,
            created_at timestamptz not null,
            updated_at timestamptz not null,
            event_time timestamptz not null,
            payload json not null,
            primary key (tenant_id, id)
          );
          create index alerts_due on alerting.alerts (next_attempt_at) where status = 'pending';
          create index alerts_by_time on alerting.alerts (tenant_id, created_at desc, id desc);
          create index alerts_by_violation on alerting.alerts (tenant_id, violation_id);
          ${isolateTenants('alerting.alerts')}
          grant usage on schema alerting to ${roleOf('violation')};
          grant select on alerting.alerts to ${roleOf('violation')};
        `),
      down: (knex) => knex.raw('drop table alerting.alerts'),
    },
    {
      // A delivery may come hours later: it still belongs to the event's trace.
      name: '002-trace-of-alert',
      up: (knex) => knex.raw('alter table alerting.alerts add column traceparent text'),
      down: (knex) => knex.raw('alter table alerting.alerts drop column traceparent'),
    },
    deliveryMigration,
  ],
}
