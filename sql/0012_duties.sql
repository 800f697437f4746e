-- oldest-program: 0.1.0
-- What the schedulers do beside firing schedules: who does a duty now, how far it has come, and what accounts had used of
-- their months when these ended.

-- A duty is taken by moving due_at past the time that it may take, so of any number of schedulers one does it, and what
-- one that died had taken comes due by itself.
CREATE TABLE duties (
    name       VARCHAR(32)     CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    due_at     BIGINT          NOT NULL,
    token      BINARY(16)      NULL,           -- of who took it last; changes each time
    since      BIGINT          NOT NULL,       -- since when it is to be done; of one that is done: when it is next
    done_at    BIGINT          NULL,           -- when it was last done to its end
    at_id      BINARY(16)      NOT NULL,       -- its walk through a table goes on behind these
    at_number  BIGINT          NOT NULL,
    restart_at BIGINT          NOT NULL,       -- when the walk begins at the beginning again
    done_rows  BIGINT          NOT NULL DEFAULT 0,   -- removed or closed by it in all
    failed_at  BIGINT          NULL,           -- NULL: it did not fail when it was last tried
    error      VARCHAR(300)    NULL,
    PRIMARY KEY (name)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- Closed months. A row is written in the transaction that begins a new month in account_quota; runs and tokens may begin
-- theirs at different moments.
CREATE TABLE account_months (
    month_start BIGINT          NOT NULL,      -- UTC; first in the key, so retention deletes a range
    account_id  BIGINT UNSIGNED NOT NULL,
    runs        BIGINT UNSIGNED NOT NULL,
    included    INT UNSIGNED    NULL,          -- the runs that its plan had when the month was closed; NULL: unlimited
    overage     BIGINT UNSIGNED NOT NULL,      -- of runs, those past `included`
    tokens      BIGINT          NOT NULL,
    PRIMARY KEY (month_start, account_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
