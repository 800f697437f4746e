-- oldest-program: 0.1.0
-- Accounts, plans, keys, subscriptions, connections.
-- Times are UTC milliseconds since 1970; ids are ULIDs in 16 bytes.

CREATE TABLE plans (
    slug                VARCHAR(32)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    requests_per_minute INT UNSIGNED NULL,      -- NULL: unlimited
    runs_per_day        INT UNSIGNED NULL,
    runs_per_month      INT UNSIGNED NULL,
    month_overage       TINYINT      NOT NULL,  -- 1: past runs_per_month is counted, not refused
    concurrent          INT UNSIGNED NULL,
    api                 TINYINT      NOT NULL,
    webhooks            TINYINT      NOT NULL,
    mcp                 TINYINT      NOT NULL,
    white_label         TINYINT      NOT NULL,
    PRIMARY KEY (slug)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

INSERT INTO plans VALUES
    ('starter',      30,   50,   50, 0,    1, 0, 0, 0, 0),
    ('pro',         120, 1000, 1000, 1,    5, 1, 1, 1, 0),
    ('enterprise', NULL, NULL, NULL, 0, NULL, 1, 1, 1, 1);

CREATE TABLE accounts (
    id                  BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
    public_id           BINARY(16)      NOT NULL,          -- usr_…
    email               VARCHAR(254)    NOT NULL,
    name                VARCHAR(200)    NOT NULL,
    plan                VARCHAR(32)     CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    timezone            VARCHAR(64)     CHARACTER SET ascii NOT NULL DEFAULT 'UTC',
    -- what the account has instead of its plan's figure: NULL the plan's, -1 unlimited
    own_requests_per_minute BIGINT      NULL,
    own_runs_per_day    BIGINT          NULL,
    own_runs_per_month  BIGINT          NULL,
    own_concurrent      BIGINT          NULL,
    webhook_secret      VARBINARY(255)  NOT NULL,          -- sealed
    created_at          BIGINT          NOT NULL,
    PRIMARY KEY (id),
    UNIQUE KEY accounts_public (public_id),
    UNIQUE KEY accounts_email (email)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- The row that every admission, end and cancel of an account locks first. It holds the limits in force
-- (derived from plan and overrides when either changes) beside what is used.
CREATE TABLE account_quota (
    account_id     BIGINT UNSIGNED NOT NULL,
    max_day        INT UNSIGNED    NULL,       -- NULL: unlimited
    max_month      INT UNSIGNED    NULL,
    month_overage  TINYINT         NOT NULL DEFAULT 0,
    max_concurrent INT UNSIGNED    NULL,
    day_start      BIGINT          NOT NULL DEFAULT 0,   -- the UTC day that day_runs counts
    day_runs       INT UNSIGNED    NOT NULL DEFAULT 0,
    month_start    BIGINT          NOT NULL DEFAULT 0,
    month_runs     INT UNSIGNED    NOT NULL DEFAULT 0,
    active         INT UNSIGNED    NOT NULL DEFAULT 0,   -- slots taken: ready, leased or between attempts
    held           INT UNSIGNED    NOT NULL DEFAULT 0,   -- accepted, waiting for a slot
    PRIMARY KEY (account_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- Requests per minute: what hosts have leased of an account's current minute.
CREATE TABLE request_minutes (
    account_id BIGINT UNSIGNED NOT NULL,
    minute     BIGINT          NOT NULL,       -- minutes since 1970, UTC
    leased     INT UNSIGNED    NOT NULL,
    PRIMARY KEY (account_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE api_keys (
    id         BINARY(16)      NOT NULL,       -- key_…
    account_id BIGINT UNSIGNED NOT NULL,
    name       VARCHAR(200)    NOT NULL,
    hash       BINARY(32)      NOT NULL,       -- HMAC-SHA-256 under the pepper
    pepper_id  VARCHAR(16)     CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    shown      VARCHAR(16)     CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    scopes     INT UNSIGNED    NOT NULL,       -- bits, enum scope
    created_at BIGINT          NOT NULL,
    expires_at BIGINT          NULL,
    revoked_at BIGINT          NULL,
    last_used  BIGINT          NULL,
    PRIMARY KEY (id),
    UNIQUE KEY api_keys_hash (hash),
    KEY api_keys_account (account_id, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE subscriptions (
    account_id    BIGINT UNSIGNED NOT NULL,
    agent         VARCHAR(64)     CHARACTER SET ascii COLLATE ascii_bin NOT NULL,  -- '*': every agent
    status        TINYINT         NOT NULL,    -- enum subscription_status
    trial_ends_at BIGINT          NULL,
    PRIMARY KEY (account_id, agent)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE connections (
    account_id  BIGINT UNSIGNED NOT NULL,
    integration VARCHAR(64)     CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    id          BINARY(16)      NOT NULL,      -- con_…
    kind        VARCHAR(32)     CHARACTER SET ascii COLLATE ascii_bin NOT NULL,    -- maildir, mbox, …
    settings    VARBINARY(4096) NOT NULL,      -- JSON, sealed
    status      TINYINT         NOT NULL,      -- 0 connected, 1 disconnected
    created_at  BIGINT          NOT NULL,
    PRIMARY KEY (account_id, integration)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
