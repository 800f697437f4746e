#include "daemon/start.h"
#include "daemon/webhookd.h"

int main(int argc, char **argv)
{
	static const struct program sender = {
		"agentiv-webhookd", "Delivers webhooks and mails until it is told to stop (SIGTERM).", webhookd_run};

	return daemon_start(&sender, argc, argv);
}
