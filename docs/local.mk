nobase_dist_doc_DATA += docs/architecture.md docs/hosting.md docs/api.md docs/cli.md docs/configuration.md docs/database.md \
	docs/limits.md docs/mail.md docs/mcp.md docs/schedules.md docs/sdk.md \
	docs/agents/email-triage.md
dist_man_MANS += docs/man/agentivctl.1 docs/man/agentiv.conf.5 docs/man/agentiv.fcgi.8 \
	docs/man/agentiv-worker.8 docs/man/agentiv-scheduler.8 docs/man/agentiv-webhookd.8
