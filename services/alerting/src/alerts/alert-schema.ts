import { isolateTenants, roleOf, type Migration } from '@ott/postgres/migration'

/** Alerts, what groups them and who was told, silences, configurations. */
export const alertMigration: Migration = {
  name: '001-alerts',
  up: (knex) =>
    knex.raw(`
      create table alerting.alerts (
        tenant_id text not null,
        id text not null,
        source text not null check (source in ('violation', 'api', 'system')),
        violation_id text,
        subject text,
        rule text not null,
        severity text,
        labels jsonb not null,
        annotations jsonb not null,
        generator_url text not null default '',
        starts_at timestamptz not null,
        -- When it ended, or will have ended unless it is told of again.
        ends_at timestamptz,
        -- What was told of it last; it follows ends_at.
        status text not null check (status in ('firing', 'acknowledged', 'resolved')),
        acknowledged_at timestamptz,
        acknowledged_by text,
        acknowledged_note text,
        -- The version of the violation that it knows of.
        violation_version integer not null default 0,
        traceparent text,
        -- When it was told of last; an end by timeout counts from here.
        told_at timestamptz not null,
        created_at timestamptz not null,
        updated_at timestamptz not null,
        primary key (tenant_id, id),
        constraint alerts_acknowledged check ((acknowledged_at is null) = (acknowledged_by is null))
      );
      create index alerts_by_time on alerting.alerts (tenant_id, created_at desc, id desc);
      create index alerts_by_violation on alerting.alerts (tenant_id, violation_id);
      create index alerts_live on alerting.alerts (tenant_id, ends_at) where status <> 'resolved';
      ${isolateTenants('alerting.alerts')}
      grant usage on schema alerting to ${roleOf('violation')};
      grant select on alerting.alerts to ${roleOf('violation')};

      create table alerting.groups (
        tenant_id text not null,
        -- Hash of its key: labels may be long.
        id text not null,
        key text not null,
        route_key text not null,
        receiver text not null,
        labels jsonb not null,
        -- Null while nothing is in it; what was told is kept for as long as Alertmanager keeps it.
        next_flush_at timestamptz,
        has_flushed boolean not null default false,
        -- By integration: the alerts it was told of last, and when.
        notified jsonb not null default '{}',
        -- Counts what it told: names its messages.
        sequence integer not null default 0,
        escalation jsonb,
        escalation_next_at timestamptz,
        updated_at timestamptz not null,
        primary key (tenant_id, id)
      );
      create index groups_due on alerting.groups (next_flush_at) where next_flush_at is not null;
      create index groups_to_escalate on alerting.groups (escalation_next_at) where escalation_next_at is not null;
      ${isolateTenants('alerting.groups')}

      create table alerting.group_members (
        tenant_id text not null,
        group_id text not null,
        alert_id text not null,
        -- Routed elsewhere by now: what was told as firing here will be told as resolved, and nothing else.
        has_left boolean not null default false,
        primary key (tenant_id, group_id, alert_id)
      );
      create index group_members_by_alert on alerting.group_members (tenant_id, alert_id);
      ${isolateTenants('alerting.group_members')}

      create table alerting.configurations (
        tenant_id text not null,
        version integer not null,
        text text not null,
        created_at timestamptz not null,
        created_by text not null,
        primary key (tenant_id, version)
      );
      ${isolateTenants('alerting.configurations')}

      create table alerting.silences (
        tenant_id text not null,
        id text not null,
        matchers jsonb not null,
        starts_at timestamptz not null,
        ends_at timestamptz not null,
        created_by text not null,
        comment text not null,
        -- How long before its end somebody is told, and when that was.
        notice_ms bigint not null,
        noticed_at timestamptz,
        version integer not null default 1,
        created_at timestamptz not null,
        updated_at timestamptz not null,
        primary key (tenant_id, id)
      );
      create index silences_by_end on alerting.silences (ends_at);
      ${isolateTenants('alerting.silences')}
    `),
  down: (knex) => knex.raw('drop table alerting.silences, alerting.configurations, alerting.group_members, alerting.groups, alerting.alerts'),
}
