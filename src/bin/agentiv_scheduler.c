#include "daemon/scheduler.h"
#include "daemon/start.h"

int main(int argc, char **argv)
{
	static const struct program scheduler = {
		"agentiv-scheduler", "Fires schedules when they are due until it is told to stop (SIGTERM).", scheduler_run};

	return daemon_start(&scheduler, argc, argv);
}
