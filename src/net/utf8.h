/* libidn2, inside curl, reads names in the locale's encoding; URLs are UTF-8. Between these two calls the thread has
 * a locale that says so, whatever the process was started in. */
#ifndef AGENTIV_NET_UTF8_H
#define AGENTIV_NET_UTF8_H

#include <locale.h>

locale_t utf8_enter(void);              /* what was before */
void     utf8_leave(locale_t before);

#endif
