/* agentivctl doctor: what its checks share. A check reports once or more; each report says what was found and,
 * when it is not as it should be, what to do. */
#ifndef AGENTIV_CTL_DOCTOR_H
#define AGENTIV_CTL_DOCTOR_H

#include "ctl/ctl.h"

enum verdict { VERDICT_OK, VERDICT_WARNING, VERDICT_FAILED };

struct finding { enum verdict verdict; const char *check, *message, *advice; };

#define FINDINGS_MAX 53

struct doctor {
	struct ctl *c;
	struct finding findings[FINDINGS_MAX];
	unsigned count;
};

/* advice may be NULL. */
void doctor_report(struct doctor *d, enum verdict verdict, const char *check, const char *advice,
                   const char *fmt, ...) __attribute__((format(printf, 5, 6)));

/* Which keys are active, and who has read them; the database answers. */
void doctor_rotation(struct doctor *d);
/* Files, directories and sockets of this host. */
void doctor_secrets(struct doctor *d);
void doctor_files(struct doctor *d, const char *config_path);
void doctor_run_dir(struct doctor *d);
void doctor_listen(struct doctor *d);
/* The mail server: it is asked. */
void doctor_mail(struct doctor *d);
void doctor_programs(struct doctor *d);
/* Runs that do not get on; the database answers. */
void doctor_queue(struct doctor *d);
/* Schedules whose slots nobody fires, and those that failures have paused; the database answers. */
void doctor_schedules(struct doctor *d);
/* What schedulers do beside them. */
void doctor_duties(struct doctor *d);

#endif
