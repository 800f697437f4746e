# Tokens of links in mails, for tests/api/test_notifications.py. Not in its folder, which is distributed as it stands, objects
# and all.
check_PROGRAMS += unsubscribe_link
unsubscribe_link_CPPFLAGS = $(AM_CPPFLAGS) $(JSONC_CFLAGS)
unsubscribe_link_SOURCES = tests/store/unsubscribe_link.c
unsubscribe_link_LDADD = $(LOWER_LIBS)
