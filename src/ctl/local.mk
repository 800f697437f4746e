# The operator's command: reading the command line, a file for each group of commands, printing.
noinst_LIBRARIES += libctl.a
libctl_a_CPPFLAGS = $(AM_CPPFLAGS) $(JSONC_CFLAGS)
libctl_a_SOURCES = \
	src/ctl/ctl.c src/ctl/ctl.h src/ctl/commands.c src/ctl/options.c src/ctl/help.c \
	src/ctl/print.c src/ctl/print_keys.c src/ctl/print.h src/ctl/table.c src/ctl/table.h \
	src/ctl/cmd_accounts.c src/ctl/cmd_audit.c src/ctl/cmd_budgets.c src/ctl/cmd_keys.c \
	src/ctl/cmd_connections.c src/ctl/files.c \
	src/ctl/cmd_executions.c src/ctl/cmd_mail.c src/ctl/cmd_memory.c src/ctl/cmd_notifications.c src/ctl/cmd_secrets.c src/ctl/cmd_secrets_status.c \
	src/ctl/cmd_schedules.c src/ctl/cmd_schedule_history.c src/ctl/cmd_schedule_preview.c src/ctl/schedules.h \
	src/ctl/cmd_outbound.c src/ctl/cmd_webhooks.c \
	src/ctl/cmd_setup.c src/ctl/cmd_tick.c \
	src/ctl/cmd_doctor.c src/ctl/doctor.h src/ctl/doctor_host.c src/ctl/doctor_mail.c src/ctl/doctor_rotation.c \
	src/ctl/doctor_queue.c src/ctl/doctor_schedules.c
CTL_LIBS = libctl.a
