-- oldest-program: 0.1.0
-- What an account has instead of its plan's features: NULL the plan's, 0 no, 1 yes.

ALTER TABLE accounts
    ADD COLUMN own_api         TINYINT NULL,
    ADD COLUMN own_webhooks    TINYINT NULL,
    ADD COLUMN own_mcp         TINYINT NULL,
    ADD COLUMN own_white_label TINYINT NULL;
