import { isolateTenants, roleOf, type Migration } from '@ott/postgres/migration'

/** Violations as cases that people work. */
export const casesMigration: Migration = {
  name: '002-cases',
  up: (knex) =>
    knex.raw(`
      create table violation.violations (
        tenant_id text not null,
        id text not null,
        subject text not null,
        rule text not null,
        regulation text not null,
        citation text not null,
        message text not null,
        severity text not null,
        -- What its opening was told with: a replay tells the same.
        opened_severity text not null,
        is_severity_pinned boolean not null default false,
        status text not null default 'open' check (status in ('open', 'acknowledged', 'in_review', 'resolved', 'false_positive')),
        version integer not null check (version >= 1),
        -- Event time of the first and the latest evidence, and when the latest was written.
        opened_at timestamptz not null,
        last_evidence_at timestamptz not null,
        last_evidence_written_at timestamptz not null,
        evidence_count bigint not null default 0,
        opened_by_event text not null,
        previous_id text,
        incident_ended_at timestamptz,
        acknowledged_at timestamptz,
        acknowledged_by text,
        closed_at timestamptz,
        assignee text check (length(assignee) <= 200),
        -- When the clocks of the service level began, when they run out, and when it was told that they did.
        clock_from timestamptz not null,
        acknowledge_due_at timestamptz not null,
        resolve_due_at timestamptz not null,
        acknowledge_overdue_at timestamptz,
        resolve_overdue_at timestamptz,
        primary key (tenant_id, id),
        constraint violations_acknowledged check ((acknowledged_at is null) = (acknowledged_by is null)),
        constraint violations_closed check ((closed_at is not null) = (status in ('resolved', 'false_positive')))
      );
      -- One per subject and cause while evidence prolongs it.
      create unique index violations_one_ongoing on violation.violations (tenant_id, subject, rule)
        where incident_ended_at is null and status not in ('resolved', 'false_positive');
      -- Without the id: the planner, while it knows nothing of the table yet, would find cases of an id by these.
      create index violations_by_time on violation.violations (tenant_id, opened_at desc);
      create index violations_by_subject on violation.violations (tenant_id, subject, opened_at desc);
      create index violations_by_rule on violation.violations (tenant_id, subject, rule, opened_at desc);
      -- For the clocks.
      create index violations_going_on on violation.violations (last_evidence_at) where incident_ended_at is null and status not in ('resolved', 'false_positive');
      create index violations_to_acknowledge on violation.violations (acknowledge_due_at) where status = 'open' and acknowledge_overdue_at is null;
      create index violations_to_resolve on violation.violations (resolve_due_at) where status not in ('resolved', 'false_positive') and resolve_overdue_at is null;

      create table violation.evidence (
        tenant_id text not null,
        event_key uuid not null,
        rule text not null,
        violation_id text not null,
        event_id text not null,
        at timestamptz not null,
        found json not null,
        primary key (tenant_id, event_key, rule)
      );
      create index evidence_by_violation on violation.evidence (tenant_id, violation_id, at, event_key);

      -- What became of each case, by whom, when and why.
      create table violation.case_history (
        tenant_id text not null,
        violation_id text not null,
        version integer not null,
        change text not null,
        status text not null,
        severity text not null,
        at timestamptz not null,
        by_key text,
        reason text,
        assignee text,
        clock text,
        -- Numbers what people said of whole cases in the order in which it was committed.
        verdict_sequence bigint,
        primary key (tenant_id, violation_id, version)
      );
      create unique index case_history_verdicts on violation.case_history (tenant_id, verdict_sequence) where verdict_sequence is not null;

      create table violation.case_comments (
        tenant_id text not null,
        id uuid not null,
        violation_id text not null,
        at timestamptz not null,
        by_key text not null,
        text text not null check (length(text) between 1 and 10000),
        primary key (tenant_id, id)
      );
      create index case_comments_by_violation on violation.case_comments (tenant_id, violation_id, at, id);

      create table violation.case_settings (
        tenant_id text primary key,
        revision integer not null check (revision >= 1),
        settings json not null,
        changed_at timestamptz not null,
        changed_by text not null
      );

      -- Changes on their way to the topic, written with the change itself.
      create table violation.outbox (
        tenant_id text not null,
        id bigint generated always as identity,
        violation_id text not null,
        event json not null,
        traceparent text,
        written_at timestamptz not null,
        published_at timestamptz,
        primary key (tenant_id, id)
      );
      create index outbox_waiting on violation.outbox (id) where published_at is null;
      create index outbox_published on violation.outbox (published_at) where published_at is not null;

      -- The service deletes nothing of a case, and what was said stays said; erasing a person is the owner's business.
      create function violation.refuse_change() returns trigger language plpgsql as $$ begin
        if current_user <> '${roleOf('violation')}' then return case tg_op when 'DELETE' then old else new end; end if;
        raise exception '% of %: what is known of a case stays', lower(tg_op), tg_table_name;
      end $$;
      create trigger violations_stay before delete on violation.violations for each row execute function violation.refuse_change();
      create trigger evidence_stays before update or delete on violation.evidence for each row execute function violation.refuse_change();
      create trigger case_history_stays before update or delete on violation.case_history for each row execute function violation.refuse_change();
      create trigger case_comments_stay before update or delete on violation.case_comments for each row execute function violation.refuse_change();

      ${['violations', 'evidence', 'case_history', 'case_comments', 'case_settings', 'outbox'].map((table) => isolateTenants(`violation.${table}`)).join('')}
      -- What people found out, for the models to learn from.
      grant select on violation.case_history to ${roleOf('ml-scoring')};
      grant select on violation.evidence to ${roleOf('ml-scoring')};
    `),
  down: (knex) =>
    knex.raw(`
      drop table violation.outbox, violation.case_settings, violation.case_comments, violation.case_history, violation.evidence, violation.violations;
      drop function violation.refuse_change();
    `),
}
