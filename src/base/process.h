/* What the process lets others of its user see of it. */
#ifndef AGENTIV_BASE_PROCESS_H
#define AGENTIV_BASE_PROCESS_H

/* From now on no core is written, and nobody but root reads the process's memory or follows it with ptrace: keys and
 * secrets stay in it. For mains, before anything secret is read. */
void process_hide(void);

#endif
