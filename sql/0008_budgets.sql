-- oldest-program: 0.1.0
-- Runs that start later say when, and what runs may use of models is bounded.

ALTER TABLE executions
    ADD COLUMN run_at BIGINT NULL,             -- when a delayed run was to start
    ADD COLUMN max_tokens BIGINT NULL;         -- of models, for all its attempts together

ALTER TABLE accounts
    ADD COLUMN budgets INT UNSIGNED NOT NULL DEFAULT 0;   -- its rows in token_budgets: 0 spares looking there

-- A key that takes another's place shares its budget with it: both use that of the newest.
ALTER TABLE api_keys
    ADD COLUMN budget_key VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NULL;   -- 'key_…'; NULL: its own

-- Counted by the ends of runs, whoever set a budget.
ALTER TABLE account_quota
    ADD COLUMN tokens_month BIGINT NOT NULL DEFAULT 0,    -- the UTC month that month_tokens counts
    ADD COLUMN month_tokens BIGINT NOT NULL DEFAULT 0;

-- What an account, one of its keys or one of its agents may use of models in a month. A model call adds what it may need
-- at most before it begins, and gives back afterwards what it did not need.
CREATE TABLE token_budgets (
    account_id   BIGINT UNSIGNED NOT NULL,
    kind         TINYINT         NOT NULL,     -- enum budget_kind: 0 account, 1 key, 2 agent
    subject      VARCHAR(64)     CHARACTER SET ascii COLLATE ascii_bin NOT NULL,  -- '', 'key_…', the agent's slug
    max_tokens   BIGINT          NOT NULL,
    month_start  BIGINT          NOT NULL,     -- the UTC month that used counts
    used         BIGINT          NOT NULL,     -- reserved ones included
    PRIMARY KEY (account_id, kind, subject)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- What one run has used of its budgets, for the next attempt to go on from. Made by its first model call that a budget
-- bounds; removed when the run ends.
CREATE TABLE execution_tokens (
    execution_id BINARY(16)      NOT NULL,
    used         BIGINT          NOT NULL,     -- reserved ones included
    change_id    BINARY(16)      NOT NULL,     -- of the last change: tells whether a COMMIT was applied
    PRIMARY KEY (execution_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
