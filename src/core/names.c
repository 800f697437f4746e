#include "core/names.h"

#include <string.h>

#include "base/json.h"

#define NAME_MAX_BYTES 200

bool name_check(const char *name, struct error *err)
{
	size_t n = strlen(name), i;

	for (i = 0; i < n; i++)
		if ((unsigned char)name[i] < ' ' || name[i] == 0x7f)
			return err_field(err, "name", "A name holds no control characters");
	if (strspn(name, " ") == n || n > NAME_MAX_BYTES || !json_utf8_valid(name, n))
		return err_field(err, "name", "A name is 1 to 200 bytes of UTF-8, not only blanks");
	return true;
}
