/* Any bytes into sql_split. A statement taken out is one statement, and the same, when it is split again. */
#include <string.h>

#include "fuzz.h"
#include "store/sql_split.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct sql_list list, again;
	struct error err;
	unsigned i;

	if (!sql_split((const char *)data, n, &list, &err)) {
		MUST(err.code == ERR_INVALID_INPUT && list.n == 0);
		return 0;
	}
	for (i = 0; i < list.n; i++) {
		const char *text = list.items[i].text;

		MUST(*text != '\0' && list.items[i].line > 0);
		MUST(i == 0 || list.items[i].line >= list.items[i - 1].line);
		MUST(sql_split(text, strlen(text), &again, &err));
		MUST(again.n == 1 && strcmp(again.items[0].text, text) == 0);
		sql_list_release(&again);
	}
	sql_list_release(&list);
	return 0;
}
