#include "agents/integration_name.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Those whose words do not merely begin with a capital. */
static const struct { const char *slug, *name; } spelled[] = {
	{"bank-email", "Bank e-mail"}, {"linkedin", "LinkedIn"}, {"quickbooks", "QuickBooks"}, {"youtube", "YouTube"},
};

void integration_name(const char *slug, char out[INTEGRATION_NAME_SIZE])
{
	bool begins = true;
	char *p;
	unsigned i;

	for (i = 0; i < sizeof spelled / sizeof *spelled; i++)
		if (strcmp(spelled[i].slug, slug) == 0) {
			snprintf(out, INTEGRATION_NAME_SIZE, "%s", spelled[i].name);
			return;
		}
	snprintf(out, INTEGRATION_NAME_SIZE, "%s", slug);
	for (p = out; *p; p++) {
		if (*p == '-')
			*p = ' ';
		else if (begins)
			*p = (char)toupper((unsigned char)*p);
		begins = *p == ' ';
	}
}
