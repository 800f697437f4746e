#include "net/utf8.h"

#include <pthread.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
static locale_t utf8;

static void make(void)
{
	utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
}

locale_t utf8_enter(void)
{
	pthread_once(&once, make);
	return utf8 ? uselocale(utf8) : uselocale((locale_t)0);
}

void utf8_leave(locale_t before)
{
	uselocale(before);
}
