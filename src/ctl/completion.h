/* Scripts by which shells complete agentivctl, written from the tables of commands. */
#ifndef AGENTIV_CTL_COMPLETION_H
#define AGENTIV_CTL_COMPLETION_H

#include "ctl/ctl.h"

void completion_bash(struct buf *out);
void completion_zsh(struct buf *out);

/* What an option's value can be completed with. */
enum completes { COMPLETES_NOTHING, COMPLETES_WORDS, COMPLETES_FILES, COMPLETES_AGENTS };
/* words: those of COMPLETES_WORDS, with blanks between. */
enum completes completion_of(const struct ctl_option *o, struct buf *words);

/* The first word of a command; and whether an earlier command has the same. */
size_t completion_first(const struct ctl_command *k);
bool completion_first_is_new(const struct ctl_command *k);

#endif
