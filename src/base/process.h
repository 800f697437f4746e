/* What the process lets others of its user see of it, and what the system lets it have. */
#ifndef AGENTIV_BASE_PROCESS_H
#define AGENTIV_BASE_PROCESS_H

/* From now on no core is written, and nobody but root reads the process's memory or follows it with ptrace: keys and
 * secrets stay in it. For mains, before anything secret is read. */
void process_hide(void);

/* Lets the process have up to n descriptors open (RLIMIT_NOFILE), as far as its hard limit goes. Returns how many it may. */
unsigned process_allow_files(unsigned n);

#endif
