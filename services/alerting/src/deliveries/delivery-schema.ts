import { isolateTenants, type Migration } from '@ott/postgres/migration'

/**
 * The outbox: what is to reach a destination, what became of each try, how each destination fares, and the webhooks that partners
 * subscribed. A row of `deliveries` goes out when no earlier one of its lane and destination is pending.
 */
export const deliveryMigration: Migration = {
  name: '002-deliveries',
  up: (knex) =>
    knex.raw(`
      create table alerting.deliveries (
        tenant_id text not null,
        id text not null,
        sequence bigint not null generated always as identity,
        message_id text not null,
        destination text not null,
        kind text not null check (kind in ('receiver', 'webhook')),
        receiver text,
        integration text,
        webhook_id text,
        lane text not null,
        event_type text not null,
        content json not null,
        traceparent text,
        status text not null check (status in ('pending', 'delivered', 'failed', 'skipped')),
        attempts integer not null default 0,
        attempts_before_resend integer not null default 0,
        next_attempt_at timestamptz not null,
        last_error text,
        created_at timestamptz not null,
        finished_at timestamptz,
        primary key (tenant_id, id),
        check ((kind = 'receiver') = (receiver is not null and integration is not null)),
        check ((kind = 'webhook') = (webhook_id is not null))
      );
      create index deliveries_due on alerting.deliveries (tenant_id, destination, next_attempt_at, sequence) where status = 'pending';
      create index deliveries_in_lane on alerting.deliveries (tenant_id, destination, lane, sequence) where status = 'pending';
      create index deliveries_by_time on alerting.deliveries (tenant_id, created_at desc, id desc);
      create index deliveries_of_destination on alerting.deliveries (tenant_id, destination, created_at desc, id desc);
      create index deliveries_ended on alerting.deliveries (finished_at) where status <> 'pending';
      create index deliveries_not_taken on alerting.deliveries (tenant_id, status, created_at desc, id desc) where status in ('failed', 'skipped');
      ${isolateTenants('alerting.deliveries')}

      create table alerting.delivery_attempts (
        tenant_id text not null,
        delivery_id text not null,
        number integer not null,
        started_at timestamptz not null,
        duration_ms double precision not null,
        outcome text not null,
        request json,
        response json,
        error text,
        primary key (tenant_id, delivery_id, number)
      );
      ${isolateTenants('alerting.delivery_attempts')}

      create table alerting.destinations (
        tenant_id text not null,
        destination text not null,
        failing_since timestamptz,
        last_failure_at timestamptz,
        disabled_at timestamptz,
        disabled_reason text check (disabled_reason in ('gone', 'failing', 'requested', 'deleted')),
        primary key (tenant_id, destination),
        check ((disabled_at is null) = (disabled_reason is null))
      );
      ${isolateTenants('alerting.destinations')}

      create table alerting.webhooks (
        tenant_id text not null,
        id text not null,
        url text not null,
        event_types text[] not null,
        description text not null,
        signature text not null check (signature in ('v1', 'v1a')),
        secrets json not null,
        version integer not null default 1,
        created_at timestamptz not null,
        updated_at timestamptz not null,
        deleted_at timestamptz,
        primary key (tenant_id, id)
      );
      create index webhooks_by_time on alerting.webhooks (tenant_id, created_at desc, id desc) where deleted_at is null;
      ${isolateTenants('alerting.webhooks')}
    `),
  down: (knex) => knex.raw('drop table alerting.webhooks, alerting.destinations, alerting.delivery_attempts, alerting.deliveries'),
}
