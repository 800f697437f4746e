-- Deliveries and their outbox. A delivery is one event for one receiver, and keeps its row for the log; the
-- outbox holds those still to be sent, ordered by when they are due. A claim moves due_at past the lease,
-- so a sender that dies gives its deliveries back by itself.

CREATE TABLE deliveries (
    id           BINARY(16)      NOT NULL,     -- dlv_…; for a run's webhook_url the execution's own ULID
    event_id     BINARY(16)      NOT NULL,     -- evt_…; for a run's end the execution's own ULID
    account_id   BIGINT UNSIGNED NOT NULL,
    endpoint_id  BINARY(16)      NULL,         -- NULL: the run's webhook_url
    execution_id BINARY(16)      NULL,
    event        TINYINT         NOT NULL,     -- enum event_type
    state        TINYINT         NOT NULL,     -- enum delivery_state: 0 pending, 1 delivered, 2 failed
    attempts     SMALLINT UNSIGNED NOT NULL,
    created_at   BIGINT          NOT NULL,
    completed_at BIGINT          NULL,
    last_status  SMALLINT        NULL,         -- HTTP status of the last attempt
    last_error   VARCHAR(300)    NULL,
    url          VARCHAR(2048)   NULL,
    payload      MEDIUMBLOB      NULL,         -- NULL: made from the execution's row
    PRIMARY KEY (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE outbox (
    due_at      BIGINT          NOT NULL,
    delivery_id BINARY(16)      NOT NULL,
    token       BIGINT UNSIGNED NULL,          -- of the sender that leased it
    PRIMARY KEY (due_at, delivery_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE delivery_attempts (
    delivery_id BINARY(16)        NOT NULL,
    attempt     SMALLINT UNSIGNED NOT NULL,    -- from 1
    at          BIGINT            NOT NULL,
    duration_ms INT UNSIGNED      NOT NULL,
    status      SMALLINT          NULL,        -- NULL: no HTTP answer
    error       VARCHAR(300)      NULL,
    PRIMARY KEY (delivery_id, attempt)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
