/* Messages to systemd (sd_notify(3)) without its library; nothing happens where NOTIFY_SOCKET is not set. */
#ifndef AGENTIV_DAEMON_NOTIFY_H
#define AGENTIV_DAEMON_NOTIFY_H

#include <stdint.h>

void notify_send(const char *state);     /* "READY=1" */

/* Microseconds between two signs of life ("WATCHDOG=1"), half of what the supervisor allows; 0 when it asks for
 * none, or asks another process. */
int64_t notify_watchdog_us(void);

#endif
