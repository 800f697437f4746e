/* agentivctl: the operator's command. */
#include "base/log.h"
#include "ctl/ctl.h"

int main(int argc, char **argv)
{
	log_open("agentivctl");
	return ctl_main(argc, argv);
}
