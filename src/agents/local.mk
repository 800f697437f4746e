# Agents and their manifests. They see agent_ctx, integrations and base only.
noinst_LIBRARIES += libagents.a
libagents_a_CPPFLAGS = $(AM_CPPFLAGS) $(JSONC_CFLAGS) $(GMIME_CFLAGS)
libagents_a_SOURCES = src/agents/agent.h src/agents/builtins.h \
	src/agents/manifest.c src/agents/manifest.h \
	src/agents/registry.c src/agents/registry.h \
	src/agents/integration_name.c src/agents/integration_name.h \
	src/agents/phrases.c src/agents/phrases.h \
	src/agents/probe.c \
	src/agents/email_triage.c src/agents/email_triage.h \
	src/agents/email_triage_act.c \
	src/agents/email_triage_domain.c src/agents/email_triage_domain.h src/agents/email_triage_people.c \
	src/agents/email_triage_compose.c \
	src/agents/email_triage_cues.c src/agents/email_triage_cues.h \
	src/agents/email_triage_cues_calm.c src/agents/email_triage_cues_words.c \
	src/agents/email_triage_decide.c \
	src/agents/email_triage_effects.c \
	src/agents/email_triage_explain.c \
	src/agents/email_triage_facts.c \
	src/agents/email_triage_guard.c \
	src/agents/email_triage_hand.c \
	src/agents/email_triage_inline.c \
	src/agents/email_triage_input.c \
	src/agents/email_triage_model.c src/agents/email_triage_model.h \
	src/agents/email_triage_notices.c src/agents/email_triage_press.c \
	src/agents/email_triage_says.c src/agents/email_triage_says_things.c \
	src/agents/email_triage_says_alarms.c src/agents/email_triage_says_trouble.c src/agents/email_triage_says_words.c \
	src/agents/email_triage_says.h \
	src/agents/email_triage_marks.c src/agents/email_triage_marks.h \
	src/agents/email_triage_memory.c \
	src/agents/email_triage_output.c \
	src/agents/email_triage_plan.c \
	src/agents/email_triage_query.c src/agents/email_triage_query.h \
	src/agents/email_triage_request.c src/agents/email_triage_request.h src/agents/email_triage_request_table.c \
	src/agents/email_triage_money.c src/agents/email_triage_money.h \
	src/agents/email_triage_rules.c src/agents/email_triage_rules.h \
	src/agents/email_triage_rules_priv.h \
	src/agents/email_triage_rules_about.c \
	src/agents/email_triage_rules_amount.c \
	src/agents/email_triage_rules_clause.c \
	src/agents/email_triage_rules_except.c \
	src/agents/email_triage_rules_edit.c src/agents/email_triage_rules_edit.h \
	src/agents/email_triage_rules_files.c \
	src/agents/email_triage_rules_forms.c \
	src/agents/email_triage_rules_help.c \
	src/agents/email_triage_rules_holds.c \
	src/agents/email_triage_rules_kinds.c \
	src/agents/email_triage_rules_mails.c \
	src/agents/email_triage_rules_match.c \
	src/agents/email_triage_rules_names.c \
	src/agents/email_triage_rules_parse.c \
	src/agents/email_triage_rules_people.c \
	src/agents/email_triage_rules_remarks.c \
	src/agents/email_triage_rules_sense.c \
	src/agents/email_triage_rules_time.c \
	src/agents/email_triage_rules_tokens.c \
	src/agents/email_triage_rules_values.c \
	src/agents/email_triage_rules_verbs.c \
	src/agents/email_triage_rules_words.c \
	src/agents/email_triage_rules_writes.c \
	src/agents/email_triage_source.c \
	src/agents/email_triage_spam.c src/agents/email_triage_spam.h \
	src/agents/email_triage_spam_features.c src/agents/email_triage_spam_priv.h \
	src/agents/email_triage_spam_signs.c src/agents/email_triage_spam_table.c \
	src/agents/email_triage_suspect.c \
	src/agents/email_triage_threads.c \
	src/agents/email_triage_text.c src/agents/email_triage_text.h \
	src/agents/email_triage_urgent.c src/agents/email_triage_urgent.h src/agents/email_triage_urgent_table.c \
	src/agents/email_triage_weights.c \
	src/agents/email_triage_when.c src/agents/email_triage_when.h \
	src/agents/email_triage_when_days.c src/agents/email_triage_when_times.c src/agents/email_triage_when_priv.h \
	src/agents/email_triage_when_leads.c src/agents/email_triage_when_order.c src/agents/email_triage_when_zones.c \
	src/agents/email_triage_when_words.c
AGENTS_LIBS = libagents.a

manifestdir = $(pkgdatadir)/agents
dist_manifest_DATA = src/agents/email-triage.json
