#include "zone_fixture.h"

#include <string.h>

#include "base/mem.h"
#include "base/zone_priv.h"

static unsigned char *put(unsigned char *p, uint64_t value, unsigned bytes)
{
	while (bytes-- > 0)
		*p++ = (unsigned char)(value >> (8 * bytes));
	return p;
}

static unsigned char *put_header(unsigned char *p, uint32_t times, uint32_t types)
{
	memcpy(p, "TZif2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20);
	p = put(put(put(p + 20, 0, 4), 0, 4), 0, 4);
	return put(put(put(p, times, 4), types, 4), 0, 4);
}

size_t fx_zone_file(int32_t first, const struct fx_change *changes, unsigned n, const char *footer, unsigned char out[FX_ZONE_FILE])
{
	unsigned char *p = put_header(out, 0, 1);
	unsigned i;

	p = put_header(put(p, 0, 6), n, n + 1);
	for (i = 0; i < n; i++)
		p = put(p, (uint64_t)changes[i].at, 8);
	for (i = 0; i < n; i++)
		*p++ = (unsigned char)(i + 1);
	p = put(put(p, (uint32_t)first, 4), 0, 2);
	for (i = 0; i < n; i++)
		p = put(put(p, (uint32_t)changes[i].offset, 4), 0, 2);
	*p++ = '\n';
	memcpy(p, footer, strlen(footer));
	p += strlen(footer);
	*p++ = '\n';
	return (size_t)(p - out);
}

struct zone *fx_zone_read(const unsigned char *file, size_t n)
{
	struct zone *z = mem_zalloc(sizeof *z);

	z->name = mem_strdup("made");
	if (zone_parse(z, file, n))
		return z;
	zone_free(z);
	return NULL;
}

struct zone *fx_zone(int32_t first, const struct fx_change *changes, unsigned n, const char *footer)
{
	unsigned char file[FX_ZONE_FILE];

	return fx_zone_read(file, fx_zone_file(first, changes, n, footer, file));
}
