-- oldest-program: 0.1.0
-- Endpoints: the receivers that accounts have registered for events, and the log of what was delivered to them.
--
-- Whatever makes an event writes one row of the outbox with it, fanout set, when the account has an endpoint that wants
-- it. The sender that claims the row makes a delivery for each such endpoint, in the transaction of the claim:
--
--   event ──► outbox, fanout = 1 ──► deliveries and outbox rows, one for each endpoint, fanout = 0
--                    │
--                    └──► goes on as the delivery of the run's own webhook_url, where it has one; else the row is removed

CREATE TABLE endpoints (
    id              BINARY(16)      NOT NULL,      -- whk_…
    account_id      BIGINT UNSIGNED NOT NULL,
    url             VARCHAR(2048)   NOT NULL,
    description     VARCHAR(500)    NOT NULL,
    events          INT UNSIGNED    NOT NULL,      -- bits, 1 << enum event_type
    secret          VARBINARY(1024) NOT NULL,      -- sealed
    previous_secret VARBINARY(1024) NULL,          -- sealed; signs beside the other until previous_until
    previous_until  BIGINT          NULL,
    enabled         TINYINT         NOT NULL,
    disabled_reason TINYINT         NOT NULL,      -- enum endpoint_disabled, of one that is not enabled
    disabled_at     BIGINT          NULL,
    failing_since   BIGINT          NULL,          -- the first failed attempt since the last that succeeded
    created_at      BIGINT          NOT NULL,
    updated_at      BIGINT          NOT NULL,
    PRIMARY KEY (id),
    KEY endpoints_account (account_id, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- What any enabled endpoint of the account wants, 1 << enum event_type. Written with every change of one of them, under
-- the lock of this row; read by whatever makes an event, which has the row locked anyway.
ALTER TABLE account_quota
    ADD COLUMN endpoint_events INT UNSIGNED NOT NULL DEFAULT 0;

ALTER TABLE accounts
    ADD COLUMN previous_webhook_secret VARBINARY(255) NULL,   -- sealed; signs beside the other until …
    ADD COLUMN previous_webhook_until  BIGINT         NULL;

ALTER TABLE outbox
    ADD COLUMN fanout TINYINT NOT NULL DEFAULT 0;   -- 1: endpoints are still to be given deliveries of it

ALTER TABLE deliveries
    ADD COLUMN replay_of     BINARY(16)      NULL,  -- dlv_… that this one repeats
    ADD COLUMN replayed_at   BIGINT          NULL,  -- when it was last repeated: it is not repeated twice for one failure
    ADD COLUMN last_response VARBINARY(4096) NULL,  -- how the answer's body began
    ADD COLUMN next_at       BIGINT          NULL,  -- of a pending one that has been tried: when it is tried again
    ADD KEY deliveries_endpoint (endpoint_id, id);

ALTER TABLE delivery_attempts
    ADD COLUMN url      VARCHAR(2048)   NULL,       -- where it went, of an endpoint: its URL may be another one now
    ADD COLUMN response VARBINARY(4096) NULL;

-- Events are read by their ids alone.
ALTER TABLE events
    DROP KEY events_account;

-- What senders have done since ever, for /metrics. A sender adds to one of the rows, drawn when it starts.
CREATE TABLE delivery_totals (
    shard       TINYINT UNSIGNED NOT NULL,
    delivered   BIGINT UNSIGNED  NOT NULL DEFAULT 0,   -- attempts that ended so
    retried     BIGINT UNSIGNED  NOT NULL DEFAULT 0,
    failed      BIGINT UNSIGNED  NOT NULL DEFAULT 0,
    duration_ms BIGINT UNSIGNED  NOT NULL DEFAULT 0,   -- of all of them
    le_10       BIGINT UNSIGNED  NOT NULL DEFAULT 0,   -- of these, how many took at most 10 ms, …
    le_50       BIGINT UNSIGNED  NOT NULL DEFAULT 0,
    le_100      BIGINT UNSIGNED  NOT NULL DEFAULT 0,
    le_500      BIGINT UNSIGNED  NOT NULL DEFAULT 0,
    le_1000     BIGINT UNSIGNED  NOT NULL DEFAULT 0,
    le_5000     BIGINT UNSIGNED  NOT NULL DEFAULT 0,
    PRIMARY KEY (shard)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

INSERT INTO delivery_totals (shard) VALUES (0), (1), (2), (3), (4), (5), (6), (7);
