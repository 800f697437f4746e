nobase_dist_doc_DATA += docs/architecture.md docs/hosting.md docs/api.md docs/cli.md docs/configuration.md docs/database.md \
	docs/limits.md docs/mail.md docs/mcp.md docs/schedules.md docs/sdk.md \
	docs/agents/email-triage.md
dist_man_MANS += docs/man/agentivctl.1 docs/man/agentiv.conf.5 docs/man/agentiv.fcgi.8 \
	docs/man/agentiv-worker.8 docs/man/agentiv-scheduler.8 docs/man/agentiv-webhookd.8

# The reference of the API, made of what the program says of itself; a lint tells when it is no longer that.
nobase_dist_doc_DATA += docs/reference.html
EXTRA_DIST += docs/reference/make docs/reference/operation.py docs/reference/schema.py docs/reference/text.py \
	docs/reference/page.css
CLEANFILES += reference.json
reference: agentiv.fcgi
	AGENTIV_MANIFEST_DIR=$(abs_top_srcdir)/src/agents ./agentiv.fcgi --openapi >reference.json
	$(abs_top_srcdir)/docs/reference/make <reference.json >$(abs_top_srcdir)/docs/reference.html
.PHONY: reference
