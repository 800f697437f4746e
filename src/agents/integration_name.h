/* Integrations as people call them. */
#ifndef AGENTIV_AGENTS_INTEGRATION_NAME_H
#define AGENTIV_AGENTS_INTEGRATION_NAME_H

#define INTEGRATION_NAME_SIZE 64

/* "google-drive" is Google Drive; out is cut where it would not fit. */
void integration_name(const char *slug, char out[INTEGRATION_NAME_SIZE]);

#endif
