# Configuration of web servers and systemd for the usual places, from the templates that the private stack
# of deploy/lib uses too. They are installed as examples, below $(docdir)/deploy.
deploy_templates = \
	deploy/nginx/agentiv.conf.in \
	deploy/lighttpd/agentiv.conf.in deploy/lighttpd/agentiv-cgi.conf.in \
	deploy/apache/agentiv.conf.in deploy/apache/agentiv-cgi.conf.in \
	deploy/systemd/agentiv-responder.socket.in deploy/systemd/agentiv-responder.service.in \
	deploy/systemd/agentiv-worker.service.in deploy/systemd/agentiv-scheduler.service.in \
	deploy/systemd/agentiv-webhookd.service.in
deploy_rendered = $(deploy_templates:.in=)

nobase_nodist_doc_DATA = $(deploy_rendered)
nobase_dist_doc_DATA = deploy/systemd/agentiv.tmpfiles
# The pages that lighttpd and Apache answer with where they refuse a request themselves; nginx has them inline.
errorsdir = $(pkgdatadir)/errors
dist_errors_DATA = \
	deploy/errors/agentiv-400.html deploy/errors/agentiv-404.html deploy/errors/agentiv-405.html \
	deploy/errors/agentiv-408.html deploy/errors/agentiv-411.html deploy/errors/agentiv-413.html \
	deploy/errors/agentiv-414.html deploy/errors/agentiv-417.html deploy/errors/agentiv-431.html \
	deploy/errors/agentiv-500.html deploy/errors/agentiv-501.html deploy/errors/agentiv-502.html \
	deploy/errors/agentiv-503.html deploy/errors/agentiv-504.html deploy/errors/agentiv-505.html \
	deploy/errors/apache.conf deploy/errors/lighttpd.conf
CLEANFILES += $(deploy_rendered)
EXTRA_DIST += $(deploy_templates) deploy/quickstart deploy/lib \
	deploy/nginx/stack.conf.in deploy/lighttpd/stack.conf.in deploy/apache/stack.conf.in

$(deploy_rendered): Makefile $(srcdir)/deploy/local.mk $(deploy_templates)
	$(AM_V_GEN)$(MKDIR_P) $(@D) && sed \
		-e 's|@LISTEN''@|80|g' -e 's|@SERVER_NAME''@|agentiv.example.com|g' \
		-e 's|@SOCKET''@|/run/agentiv/agentiv.sock|g' -e 's|@BASE_PATH''@||g' \
		-e 's|@CONFIG''@|$(sysconfdir)/agentiv/agentiv.conf|g' \
		-e 's|@ERRORS''@|$(errorsdir)|g' \
		-e 's|@PROGRAM''@|$(bindir)/agentiv.fcgi|g' \
		-e 's|@bindir''@|$(bindir)|g' -e 's|@sysconfdir''@|$(sysconfdir)|g' -e 's|@docdir''@|$(docdir)|g' \
		$(srcdir)/$@.in >$@.new && mv $@.new $@
