/* Apart from log.c, whose names of levels are syslog's too. */
#include "base/log_syslog.h"

#include <syslog.h>

void log_syslog_open(const char *program)
{
	openlog(program, LOG_PID, LOG_DAEMON);
}

void log_syslog_line(unsigned level, const char *line)
{
	static const int priorities[] = {LOG_DEBUG, LOG_INFO, LOG_WARNING, LOG_ERR};

	syslog(priorities[level], "%s", line);
}
