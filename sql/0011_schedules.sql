-- oldest-program: 0.1.0
-- Schedules, what became of each of their slots, and their runs that are not over. A slot is an instant at which a
-- schedule is to fire. Everything that changes a schedule holds its account's row of account_quota, which
-- is locked first; the scheduler passes over the accounts whose row somebody else has.

CREATE TABLE schedules (
    id                BINARY(16)      NOT NULL,      -- sch_…
    account_id        BIGINT UNSIGNED NOT NULL,
    agent             VARCHAR(64)     CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    enabled           TINYINT         NOT NULL,
    next_at           BIGINT          NULL,          -- the slot that comes next; NULL: none does
    last_slot         BIGINT          NULL,          -- the last slot in the ledger: those that follow lie behind it
    cron_expr         VARCHAR(255)    CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    timezone          VARCHAR(64)     CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    catch_up          TINYINT         NOT NULL,      -- enum catch_up
    overlap           TINYINT         NOT NULL,      -- enum overlap
    starts_at         BIGINT          NULL,          -- no slot before this instant
    ends_at           BIGINT          NULL,          -- … nor after this one
    pause_after_failures SMALLINT UNSIGNED NULL,
    failures          INT UNSIGNED    NOT NULL DEFAULT 0,   -- runs in a row that failed
    paused_at         BIGINT          NULL,          -- when so many failed that it was disabled
    created_at        BIGINT          NOT NULL,
    updated_at        BIGINT          NOT NULL,
    total_runs        INT UNSIGNED    NOT NULL DEFAULT 0,
    last_run_at       BIGINT          NULL,
    last_execution_id BINARY(16)      NULL,
    last_status       TINYINT         NULL,          -- as in execution_results; 0 while it is in schedule_runs
    input             MEDIUMBLOB      NOT NULL,      -- JSON text, as sent
    PRIMARY KEY (id),
    UNIQUE KEY schedules_agent (account_id, agent),
    KEY schedules_next (next_at, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- The ledger: one row for each slot that has come. Its key is what keeps a slot from firing twice.
CREATE TABLE schedule_slots (
    schedule_id   BINARY(16)      NOT NULL,
    scheduled_for BIGINT          NOT NULL,          -- of a run that was asked for by hand: when it was, with odd milliseconds
    recorded_at   BIGINT          NOT NULL,
    outcome       TINYINT         NOT NULL,          -- enum slot_outcome
    reason        TINYINT         NOT NULL,          -- enum slot_reason, of one that was skipped
    moved         TINYINT         NOT NULL,          -- 1: a clock change skipped its local time
    slots         INT UNSIGNED    NOT NULL,          -- how many slots the row stands for, this one the first of them
    execution_id  BINARY(16)      NULL,
    event_id      BINARY(16)      NULL,              -- of its schedule.fired
    PRIMARY KEY (schedule_id, scheduled_for)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- Runs of schedules that are not over. One of a schedule goes on; the others wait for it (overlap "queue" and
-- "cancel_previous"), each with a row of queue_later that is never due, and go on in the order of their ids.
CREATE TABLE schedule_runs (
    schedule_id  BINARY(16) NOT NULL,
    execution_id BINARY(16) NOT NULL,
    PRIMARY KEY (schedule_id, execution_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- What happened, as receivers are told: written in the transaction that made it happen.
CREATE TABLE events (
    id         BINARY(16)      NOT NULL,             -- evt_…; time-ordered
    account_id BIGINT UNSIGNED NOT NULL,
    event      TINYINT         NOT NULL,             -- enum event_type
    at         BIGINT          NOT NULL,
    payload    MEDIUMBLOB      NOT NULL,             -- JSON text: the body of its webhooks
    PRIMARY KEY (id),
    KEY events_account (account_id, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
