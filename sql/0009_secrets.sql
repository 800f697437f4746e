-- oldest-program: 0.1.0
-- Rotation of the pepper and of the sealing key: which processes have read which keys, and which of them new things are
-- written under.

-- The processes that stay: each tells now and then that it lives, and what it has read.
CREATE TABLE processes (
    id         BINARY(16)   NOT NULL,
    program    VARCHAR(32)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    host       VARCHAR(64)  CHARACTER SET ascii NOT NULL,
    pid        BIGINT       NOT NULL,
    doorbell   VARCHAR(64)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,   -- whether it lives, for those of its host
    started_at BIGINT       NOT NULL,
    seen_at    BIGINT       NOT NULL,
    peppers    VARCHAR(160) CHARACTER SET ascii COLLATE ascii_bin NULL,       -- "k1,k2"; NULL: it needs none
    seals      VARCHAR(160) CHARACTER SET ascii COLLATE ascii_bin NULL,
    PRIMARY KEY (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- The ids that the files of keys have had. New things are written under the active one of their kind.
CREATE TABLE secret_states (
    kind       TINYINT      NOT NULL,     -- enum secret_kind: 0 pepper, 1 seal
    id         VARCHAR(16)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    state      TINYINT      NOT NULL,     -- enum secret_state: 0 made, 1 active, 2 active once, 3 retired
    active     TINYINT      NULL,         -- 1 in state 1, else NULL: a kind has one active id at most
    changed_at BIGINT       NOT NULL,
    host       VARCHAR(64)  CHARACTER SET ascii NOT NULL,   -- where it was made
    PRIMARY KEY (kind, id),
    UNIQUE KEY secret_states_active (kind, active)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- How far what is sealed has been sealed anew, under an id that became active.
CREATE TABLE reseals (
    id         VARCHAR(16)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    place      TINYINT      NOT NULL,     -- in the table of places (store/reseal.c)
    at_number  BIGINT       NOT NULL,     -- the last row looked at
    at_bytes   VARBINARY(128) NOT NULL,
    resealed   BIGINT       NOT NULL,
    unopened   BIGINT       NOT NULL,     -- of these the key is missing, or they are damaged
    done_at    BIGINT       NULL,
    PRIMARY KEY (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
