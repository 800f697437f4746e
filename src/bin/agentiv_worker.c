#include "daemon/start.h"
#include "daemon/worker.h"

int main(int argc, char **argv)
{
	static const struct program worker = {
		"agentiv-worker", "Runs queued executions until it is told to stop (SIGTERM).", worker_run};

	return daemon_start(&worker, argc, argv);
}
