#ifndef AGENTIV_BASE_LOG_SYSLOG_H
#define AGENTIV_BASE_LOG_SYSLOG_H

void log_syslog_open(const char *program);                 /* kept by address */
void log_syslog_line(unsigned level, const char *line);    /* level: an enum log_level */

#endif
