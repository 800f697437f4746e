#include "base/process.h"

#include <sys/prctl.h>
#include <sys/resource.h>

#include "base/log.h"

void process_hide(void)
{
#ifndef AGENTIV_DUMPABLE
	static const struct rlimit none = {0, 0};

	if (setrlimit(RLIMIT_CORE, &none) != 0 || prctl(PR_SET_DUMPABLE, 0) != 0)
		log_write(LOG_WARN, "the process's memory stays readable for others of its user", NULL);
#endif
}

unsigned process_allow_files(unsigned n)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return n;
	if (limit.rlim_cur < n) {
		rlim_t had = limit.rlim_cur;

		limit.rlim_cur = limit.rlim_max < n ? limit.rlim_max : n;
		if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
			limit.rlim_cur = had;
	}
	return limit.rlim_cur < n ? (unsigned)limit.rlim_cur : n;
}
