-- oldest-program: 0.1.0
-- A mailbox on a mail server is connected with its password and, where it has an authority of its own, with its
-- certificates.
ALTER TABLE connections MODIFY settings BLOB NOT NULL;
