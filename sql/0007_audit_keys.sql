-- oldest-program: 0.1.0
-- The audit log: who changed what from where. An entry is written in the transaction of the change that it tells of.
CREATE TABLE audit_log (
    id           BINARY(16)      NOT NULL,     -- aud_…; time-ordered
    account_id   BIGINT UNSIGNED NULL,         -- whose; NULL: of the installation
    at           BIGINT          NOT NULL,
    actor_kind   TINYINT         NOT NULL,     -- enum actor_kind: 0 system, 1 key, 2 session, 3 operator
    actor_id     BINARY(16)      NULL,         -- of the key or session
    actor_name   VARCHAR(64)     NULL,         -- of the operator: the system's user
    address      VARCHAR(64)     CHARACTER SET ascii NULL,   -- the client's, or the operator's host
    action       VARCHAR(64)     CHARACTER SET ascii COLLATE ascii_bin NOT NULL,   -- key.create
    object       VARCHAR(64)     CHARACTER SET ascii COLLATE ascii_bin NULL,       -- an id or a slug
    detail       TEXT            NULL,         -- a JSON object; never a secret
    PRIMARY KEY (id),
    KEY audit_log_account (account_id, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

ALTER TABLE api_keys
    ADD COLUMN allowed_networks VARCHAR(1500) CHARACTER SET ascii COLLATE ascii_bin NULL,  -- "10.0.0.0/8 ::1"; NULL: from anywhere
    ADD COLUMN replaced_by BINARY(16) NULL;                                                -- the key that a rotation made

-- The first answers to POSTs that made something and named an Idempotency-Key. Runs have theirs in idempotency_keys.
CREATE TABLE kept_answers (
    scope_hash   BINARY(32)      NOT NULL,     -- SHA-256 of account, method, path and key
    account_id   BIGINT UNSIGNED NOT NULL,
    body_hash    BINARY(32)      NOT NULL,     -- SHA-256 of the raw body
    object_id    BINARY(16)      NOT NULL,     -- of what was made
    created_at   BIGINT          NOT NULL,
    status       SMALLINT        NOT NULL,     -- of HTTP
    answer       MEDIUMBLOB      NOT NULL,     -- the body, sealed: it may hold a key or a secret
    PRIMARY KEY (scope_hash),
    KEY kept_answers_created (created_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
