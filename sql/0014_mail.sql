-- oldest-program: 0.1.0
-- What accounts are told of by mail. The first thing to tell makes a mail: a delivery without a receiver (event "mail") and
-- its row of the outbox, due at once or when the account's last mail is long enough ago. What else happens until the sender
-- takes it up goes into the same mail:
--
--   happens ──► notifications ──► … and more of them ──► taken by the sender: account_quota.mail_delivery is NULL again
--                    │
--                    └──► the first: deliveries, outbox, account_quota.mail_delivery

CREATE TABLE notifications (
    id          BINARY(16)      NOT NULL,
    account_id  BIGINT UNSIGNED NOT NULL,
    delivery_id BINARY(16)      NOT NULL,      -- dlv_…: the mail that tells of it
    kind        TINYINT         NOT NULL,      -- enum notification
    at          BIGINT          NOT NULL,
    payload     VARBINARY(8192) NOT NULL,      -- JSON
    PRIMARY KEY (id),
    KEY notifications_mail (delivery_id, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- What an account wants to be told of, 1 << enum notification, in force: written when plan or preferences change, under the
-- lock of this row, and read by whatever makes something to tell, which has the row locked anyway.
ALTER TABLE account_quota
    ADD COLUMN mail_events    INT UNSIGNED NOT NULL DEFAULT 0,
    ADD COLUMN mail_delivery  BINARY(16)   NULL,               -- the mail that is to be sent; NULL: there is none
    ADD COLUMN mail_next_at   BIGINT       NOT NULL DEFAULT 0, -- no mail is due before
    ADD COLUMN told_80_month  BIGINT       NOT NULL DEFAULT 0, -- the month in which it was told of 80 % of its runs
    ADD COLUMN told_100_month BIGINT       NOT NULL DEFAULT 0;

-- What the account has decided for itself; the rest is as its plan has it.
ALTER TABLE accounts
    ADD COLUMN mail_on  INT UNSIGNED NOT NULL DEFAULT 0,
    ADD COLUMN mail_off INT UNSIGNED NOT NULL DEFAULT 0;

ALTER TABLE subscriptions
    ADD COLUMN trial_told_at BIGINT NULL,      -- the end of a trial that the account was told of
    ADD KEY subscriptions_trial (trial_ends_at);

-- As of a plan with webhooks, and without: the ends of runs are told by webhooks, or by mail.
UPDATE account_quota q JOIN accounts a ON a.id = q.account_id JOIN plans p ON p.slug = a.plan
    SET q.mail_events = IF(COALESCE(a.own_webhooks, p.webhooks) = 1, 252, 255);
