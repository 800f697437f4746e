# Connectors to what the account connected. Each is a const struct of functions.
noinst_LIBRARIES += libintegrations.a
libintegrations_a_CPPFLAGS = $(AM_CPPFLAGS) $(JSONC_CFLAGS) $(GMIME_CFLAGS)
libintegrations_a_SOURCES = \
	src/integrations/mail.h src/integrations/mail_priv.h \
	src/integrations/mail_address.c src/integrations/mail_bounds.c \
	src/integrations/mail_html_elements.c src/integrations/mail_html_elements.h \
	src/integrations/mail_body.c src/integrations/mail_text.c src/integrations/mail_css.c src/integrations/mail_css.h \
	src/integrations/mail_head.c src/integrations/mail_html.c src/integrations/mail_html.h \
	src/integrations/mail_html_entity.c src/integrations/mail_html_scan.c src/integrations/mail_html_scan.h \
	src/integrations/mail_quote.c \
	src/integrations/imap.c src/integrations/imap_archive.c src/integrations/imap_expunge.c \
	src/integrations/imap_facts.c src/integrations/imap_fetch.c src/integrations/imap_folders.c \
	src/integrations/imap_list.c src/integrations/imap_mark.c src/integrations/imap_names.c \
	src/integrations/imap_priv.h src/integrations/imap_search.c \
	src/integrations/mailbox.c src/integrations/mailbox.h \
	src/integrations/maildir.c src/integrations/maildir_archive.c src/integrations/maildir_list.c \
	src/integrations/maildir_mark.c src/integrations/maildir_priv.h src/integrations/maildir_sent.c \
	src/integrations/mbox.c src/integrations/mbox_look.c src/integrations/mbox_split.c \
	src/integrations/text_clean.c src/integrations/text_clean.h
INTEGRATIONS_LIBS = libintegrations.a $(NET_LIBS) $(GMIME_LIBS)
