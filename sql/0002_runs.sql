-- oldest-program: 0.1.0
-- Executions and their queue. What was accepted is written once, into executions; what became of it once, into
-- execution_results, when it ends (and after an attempt that another follows). Rows that are never changed stay
-- where they were appended: no page is split, and the end of a run costs an insert instead of an update that
-- lengthens its row. What an execution is doing in between is told by the one queue table that holds it:
--
--   accepted ──► queue_held ──► queue_ready ──► leases ──► ended (in no table)
--           └────────────────────────▲    ▲      │  │
--                         queue_later ────┘◄─────┘  └─► queue_ready (lease lost: suspect)
--
-- Rows that leave a table are deleted, so a claim reads only rows that can run now.

CREATE TABLE executions (
    id            BINARY(16)      NOT NULL,    -- exec_…; time-ordered, so retention deletes a key range
    account_id    BIGINT UNSIGNED NOT NULL,
    agent         VARCHAR(64)     CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    trigger_type  TINYINT         NOT NULL,    -- enum exec_trigger
    queued_at     BIGINT          NOT NULL,
    schedule_id   BINARY(16)      NULL,
    key_id        BINARY(16)      NULL,        -- who asked
    webhook_url   VARCHAR(2048)   NULL,
    input         MEDIUMBLOB      NOT NULL,    -- JSON text, as sent
    PRIMARY KEY (id),
    KEY executions_account (account_id, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE execution_results (
    execution_id  BINARY(16)      NOT NULL,
    status        TINYINT         NOT NULL,    -- enum exec_status as stored: 0 open (as without a row), 2 success, 3 failed
    attempt       SMALLINT UNSIGNED NOT NULL,  -- attempts used up
    started_at    BIGINT          NULL,        -- first start
    completed_at  BIGINT          NULL,
    duration_ms   BIGINT UNSIGNED NULL,
    tokens_used   BIGINT UNSIGNED NULL,        -- of all attempts
    error_code    VARCHAR(40)     CHARACTER SET ascii COLLATE ascii_bin NULL,  -- while open: the last attempt's
    error_message VARCHAR(500)    NULL,
    summary       VARCHAR(500)    NULL,
    output        MEDIUMBLOB      NULL,        -- JSON text
    PRIMARY KEY (execution_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE queue_ready (
    lane         TINYINT         NOT NULL,     -- enum queue_lane: 0 synchronous, 1 asynchronous, 2 suspect
    execution_id BINARY(16)      NOT NULL,
    account_id   BIGINT UNSIGNED NOT NULL,
    attempt      SMALLINT UNSIGNED NOT NULL,   -- attempts used up before this one
    waiter       VARCHAR(64)     CHARACTER SET ascii COLLATE ascii_bin NULL,  -- responder's doorbell
    PRIMARY KEY (lane, execution_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE queue_held (
    account_id   BIGINT UNSIGNED NOT NULL,
    execution_id BINARY(16)      NOT NULL,
    PRIMARY KEY (account_id, execution_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE queue_later (
    due_at       BIGINT          NOT NULL,
    execution_id BINARY(16)      NOT NULL,
    account_id   BIGINT UNSIGNED NOT NULL,
    attempt      SMALLINT UNSIGNED NOT NULL,
    lane         TINYINT         NOT NULL,
    has_slot     TINYINT         NOT NULL,     -- 1: a retry keeps its slot; 0: a delayed run takes one when due
    waiter       VARCHAR(64)     CHARACTER SET ascii COLLATE ascii_bin NULL,
    PRIMARY KEY (due_at, execution_id),
    UNIQUE KEY queue_later_execution (execution_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE leases (
    execution_id BINARY(16)      NOT NULL,
    account_id   BIGINT UNSIGNED NOT NULL,
    token        BIGINT UNSIGNED NOT NULL,     -- changes at every claim
    owner        VARCHAR(64)     CHARACTER SET ascii COLLATE ascii_bin NOT NULL,  -- the worker's doorbell
    host         VARCHAR(64)     CHARACTER SET ascii NOT NULL,
    expires_at   BIGINT          NOT NULL,
    started_at   BIGINT          NOT NULL,     -- of this attempt
    attempt      SMALLINT UNSIGNED NOT NULL,   -- attempts used up before this one
    lane         TINYINT         NOT NULL,
    cancel       TINYINT         NOT NULL,
    waiter       VARCHAR(64)     CHARACTER SET ascii COLLATE ascii_bin NULL,
    PRIMARY KEY (execution_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE execution_steps (
    execution_id BINARY(16)      NOT NULL,
    seq          INT UNSIGNED    NOT NULL,     -- from 1
    at           BIGINT          NOT NULL,
    kind         VARCHAR(32)     CHARACTER SET ascii COLLATE ascii_bin NOT NULL,  -- integration, model, log, …
    name         VARCHAR(200)    NOT NULL,
    detail       TEXT            NULL,         -- JSON
    tokens       INT UNSIGNED    NULL,
    duration_ms  INT UNSIGNED    NULL,
    PRIMARY KEY (execution_id, seq)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE idempotency_keys (
    scope_hash   BINARY(32)      NOT NULL,     -- SHA-256 of account, method, path and key
    account_id   BIGINT UNSIGNED NOT NULL,
    body_hash    BINARY(32)      NOT NULL,     -- SHA-256 of the raw body
    execution_id BINARY(16)      NOT NULL,
    created_at   BIGINT          NOT NULL,
    response     VARBINARY(1024) NULL,         -- the first answer's body, of an asynchronous run
    PRIMARY KEY (scope_hash),
    KEY idempotency_created (created_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- How long an agent's last successful runs took: estimated_duration_ms.
CREATE TABLE agent_durations (
    agent       VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    recent      VARCHAR(400) CHARACTER SET ascii NOT NULL,  -- last milliseconds, comma-separated
    median_ms   BIGINT      NOT NULL,
    PRIMARY KEY (agent)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
