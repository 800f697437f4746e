# Configuration of web servers and systemd for the usual places, from the templates that the private stack
# of deploy/lib uses too. They are installed as examples, below $(docdir)/deploy.
deploy_templates = \
	deploy/nginx/agentiv.conf.in \
	deploy/lighttpd/agentiv.conf.in deploy/lighttpd/agentiv-cgi.conf.in \
	deploy/apache/agentiv.conf.in deploy/apache/agentiv-cgi.conf.in \
	deploy/systemd/agentiv-responder.socket.in deploy/systemd/agentiv-responder.service.in \
	deploy/systemd/agentiv-worker.service.in deploy/systemd/agentiv-webhookd.service.in
deploy_rendered = $(deploy_templates:.in=)

nobase_nodist_doc_DATA = $(deploy_rendered)
nobase_dist_doc_DATA = deploy/systemd/agentiv.tmpfiles
CLEANFILES += $(deploy_rendered)
EXTRA_DIST += $(deploy_templates) deploy/quickstart deploy/lib \
	deploy/nginx/stack.conf.in deploy/lighttpd/stack.conf.in deploy/apache/stack.conf.in

$(deploy_rendered): Makefile $(srcdir)/deploy/local.mk $(deploy_templates)
	$(AM_V_GEN)$(MKDIR_P) $(@D) && sed \
		-e 's|@LISTEN''@|80|g' -e 's|@SERVER_NAME''@|agentiv.example.com|g' \
		-e 's|@SOCKET''@|/run/agentiv/agentiv.sock|g' -e 's|@BASE_PATH''@||g' \
		-e 's|@CONFIG''@|$(sysconfdir)/agentiv/agentiv.conf|g' \
		-e 's|@PROGRAM''@|$(bindir)/agentiv.fcgi|g' \
		-e 's|@bindir''@|$(bindir)|g' -e 's|@sysconfdir''@|$(sysconfdir)|g' -e 's|@docdir''@|$(docdir)|g' \
		$(srcdir)/$@.in >$@.new && mv $@.new $@
