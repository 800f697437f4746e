# agentivctl, for operators and callers: reading the command line, a file for each group of commands, printing.
noinst_LIBRARIES += libctl.a
libctl_a_CPPFLAGS = $(AM_CPPFLAGS) $(JSONC_CFLAGS)
libctl_a_SOURCES = \
	src/ctl/ctl.c src/ctl/ctl.h src/ctl/commands.c src/ctl/commands_callers.c src/ctl/options.c src/ctl/help.c \
	src/ctl/caller.c src/ctl/caller.h src/ctl/caller_ask.c src/ctl/progress.c src/ctl/progress.h \
	src/ctl/follow.c src/ctl/input.c src/ctl/show.c \
	src/ctl/cmd_run.c src/ctl/cmd_caller_executions.c src/ctl/cmd_caller_schedules.c \
	src/ctl/mcp.c src/ctl/mcp.h src/ctl/mcp_line.c src/ctl/mcp_call.c \
	src/ctl/completion.c src/ctl/completion.h src/ctl/completion_bash.c src/ctl/completion_zsh.c \
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
