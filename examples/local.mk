# Requests, receivers, mail and agents to try things with; installed for reading.
nobase_dist_doc_DATA += examples/agents/probe.json \
	examples/mail/01-outage.eml examples/mail/02-figures.eml examples/mail/03-customer.eml \
	examples/mail/04-newsletter.eml examples/mail/05-digest.eml examples/mail/06-promotion.eml \
	examples/mail/07-ci.eml examples/mail/08-forge.eml examples/mail/09-invitation.eml \
	examples/mail/10-invoice.eml examples/mail/11-phishing.eml examples/mail/12-spam.eml \
	examples/mail/13-thread-first.eml examples/mail/14-thread-second.eml examples/mail/15-german.eml \
	examples/mail/16-hindi.eml examples/mail/17-contract.eml examples/mail/18-shipped.eml \
	examples/mail/19-office.eml examples/mail/20-sign-in.eml \
	examples/receivers/README.md examples/receivers/receiver.js examples/receivers/receiver.py examples/receivers/receiver.php \
	examples/receivers/receiver.go examples/receivers/receiver.c examples/receivers/lighttpd.conf \
	examples/requests/README.md examples/requests/run.c
examplesdir = $(docdir)
nobase_dist_examples_SCRIPTS = examples/mail/make-maildir examples/requests/run.sh
