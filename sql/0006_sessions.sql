-- oldest-program: 0.1.0
-- Logging in: passwords, sessions, and what was tried in vain.

ALTER TABLE accounts ADD COLUMN password VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin NULL;  -- scrypt; NULL: no login

CREATE TABLE sessions (
    token_hash BINARY(32)      NOT NULL,       -- SHA-256 of the cookie's 256 random bits
    id         BINARY(16)      NOT NULL,       -- ses_…
    account_id BIGINT UNSIGNED NOT NULL,
    created_at BIGINT          NOT NULL,
    last_seen  BIGINT          NOT NULL,       -- written at most once an hour
    expires_at BIGINT          NOT NULL,       -- its end, however much it is used
    address    VARCHAR(64)     CHARACTER SET ascii NOT NULL,
    PRIMARY KEY (token_hash),
    KEY sessions_account (account_id, id),
    KEY sessions_expires (expires_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- Logins that failed within the window that began at `since`.
CREATE TABLE login_failures (
    subject  BINARY(32)   NOT NULL,            -- SHA-256 of the kind of subject, and address or e-mail address
    since    BIGINT       NOT NULL,
    failures INT UNSIGNED NOT NULL,
    PRIMARY KEY (subject),
    KEY login_failures_since (since)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
