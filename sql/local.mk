# The migrations, for agentivctl migrate. Add a line for each new file, and raise SCHEMA_NEEDED in
# src/store/migrate.h when the programs use what it makes.
sqldir = $(pkgdatadir)/sql
dist_sql_DATA = \
	sql/0001_accounts.sql \
	sql/0002_runs.sql \
	sql/0003_webhooks.sql \
	sql/0004_effects.sql \
	sql/0005_connections.sql \
	sql/0006_sessions.sql \
	sql/0007_audit_keys.sql \
	sql/0008_budgets.sql \
	sql/0009_secrets.sql \
	sql/0010_features.sql \
	sql/0011_schedules.sql \
	sql/0012_duties.sql \
	sql/0013_endpoints.sql \
	sql/0014_mail.sql
