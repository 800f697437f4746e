-- oldest-program: 0.1.0
-- What runs change outside, and what is learned from what users change back.

-- What a run decided before it acted: another attempt goes on with it. Removed when the run ends.
CREATE TABLE execution_plans (
    execution_id BINARY(16)      NOT NULL,
    plan         MEDIUMBLOB      NOT NULL,     -- JSON, the agent's own form
    PRIMARY KEY (execution_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- One thing outside that an agent meant to change. The intent is written before the call, what came of it after.
CREATE TABLE effects (
    account_id   BIGINT UNSIGNED NOT NULL,
    effect_key   BINARY(32)      NOT NULL,     -- SHA-256 of account, agent, connection, kind, target and content
    agent        VARCHAR(64)     CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    kind         VARCHAR(32)     CHARACTER SET ascii COLLATE ascii_bin NOT NULL,    -- archive, label, …
    state        TINYINT         NOT NULL,     -- enum effect_state: 1 intended, 2 done, 3 undone by the user, 4 failed
    execution_id BINARY(16)      NOT NULL,     -- the run that last meant to
    remote_id    VARCHAR(512)    NULL,         -- what it became: where to undo it
    changed_at   BIGINT          NOT NULL,
    PRIMARY KEY (account_id, effect_key)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- What an agent has learned of an account: how often something was done to what comes from there, and how often its
-- user undid it.
CREATE TABLE agent_memory (
    account_id   BIGINT UNSIGNED NOT NULL,
    agent        VARCHAR(64)     CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    kind         VARCHAR(32)     CHARACTER SET ascii COLLATE ascii_bin NOT NULL,    -- sender, list
    subject      VARCHAR(320)    CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    done         INT UNSIGNED    NOT NULL,
    undone       INT UNSIGNED    NOT NULL,
    changed_at   BIGINT          NOT NULL,
    PRIMARY KEY (account_id, agent, kind, subject)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
