/* agentivctl: the operator's command. */
#include "base/log.h"
#include "base/process.h"
#include "ctl/ctl.h"

int main(int argc, char **argv)
{
	log_open("agentivctl");
	process_hide();
	return ctl_main(argc, argv);
}
