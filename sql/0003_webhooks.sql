-- oldest-program: 0.1.0
-- Deliveries and their outbox. A delivery is one event for one receiver. The outbox holds those still to be
-- sent, ordered by when they are due. A claim moves due_at past the lease, so a sender that dies gives its
-- deliveries back by itself.
--
--   end of run ──► outbox ──► outbox, leased ──► ended: no row of the outbox, state 1 or 2 in deliveries
--                     ▲              │
--                     └──────────────┴ failed, to be tried again; or the lease ran out
--
-- The delivery of a run's own webhook_url has the execution's ULID, and all that sending it needs is told by the
-- execution: its row, made with the first attempt, is its log. Other deliveries have theirs from the start.

CREATE TABLE deliveries (
    id           BINARY(16)      NOT NULL,     -- dlv_…; for a run's webhook_url the execution's own ULID
    account_id   BIGINT UNSIGNED NOT NULL,
    event        TINYINT         NOT NULL,     -- enum event_type
    state        TINYINT         NOT NULL,     -- enum delivery_state: 0 pending, 1 delivered, 2 failed
    attempts     SMALLINT UNSIGNED NOT NULL,   -- made so far
    created_at   BIGINT          NOT NULL,
    last_at      BIGINT          NULL,         -- the last attempt: start, length, HTTP status, error
    duration_ms  INT UNSIGNED    NULL,
    last_status  SMALLINT        NULL,         -- NULL: no HTTP answer
    last_error   VARCHAR(300)    NULL,
    event_id     BINARY(16)      NULL,         -- evt_…; NULL: the delivery's own ULID
    execution_id BINARY(16)      NULL,         -- NULL: with a payload none, else the delivery's own ULID
    endpoint_id  BINARY(16)      NULL,         -- NULL: no registered endpoint, the URL is here or the run's
    url          VARCHAR(2048)   NULL,         -- NULL: the run's webhook_url, or the endpoint's
    payload      MEDIUMBLOB      NULL,         -- NULL: made from the execution's row
    PRIMARY KEY (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE outbox (
    due_at      BIGINT          NOT NULL,
    delivery_id BINARY(16)      NOT NULL,
    token       BIGINT UNSIGNED NULL,          -- of the sender that leased it; changes at every claim
    attempts    SMALLINT UNSIGNED NOT NULL DEFAULT 0,    -- made so far, as in deliveries: spares its row to a claim
    PRIMARY KEY (due_at, delivery_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- Attempts that were followed by another; the last one is told by the delivery's own row, so a delivery that
-- succeeds at once has none here.
CREATE TABLE delivery_attempts (
    delivery_id BINARY(16)        NOT NULL,
    attempt     SMALLINT UNSIGNED NOT NULL,    -- from 1
    at          BIGINT            NOT NULL,
    duration_ms INT UNSIGNED      NOT NULL,
    status      SMALLINT          NULL,        -- NULL: no HTTP answer
    error       VARCHAR(300)      NULL,
    PRIMARY KEY (delivery_id, attempt)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
