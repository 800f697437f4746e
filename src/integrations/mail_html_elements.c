/* The table of elements. */
#include "integrations/mail_html_elements.h"

#include <string.h>
#include <strings.h>

/* By name. */
static const struct html_element elements[] = {
	{"a", EL_A, 0}, {"address", EL_OTHER, EL_IS_PARA}, {"area", EL_OTHER, EL_IS_VOID},
	{"article", EL_OTHER, EL_IS_PARA}, {"audio", EL_OTHER, EL_IS_UNSEEN},
	{"base", EL_OTHER, EL_IS_VOID | EL_OF_HEAD}, {"blockquote", EL_BLOCKQUOTE, EL_IS_PARA},
	{"body", EL_OTHER, EL_IS_BLOCK}, {"br", EL_BR, EL_IS_VOID}, {"center", EL_OTHER, EL_IS_PARA},
	{"col", EL_OTHER, EL_IS_VOID}, {"datalist", EL_OTHER, EL_IS_UNSEEN}, {"dd", EL_DD, EL_IS_PARA},
	{"div", EL_OTHER, EL_IS_PARA}, {"dl", EL_OTHER, EL_IS_PARA}, {"dt", EL_DT, EL_IS_PARA},
	{"embed", EL_OTHER, EL_IS_VOID}, {"footer", EL_OTHER, EL_IS_PARA}, {"form", EL_OTHER, EL_IS_PARA},
	{"h1", EL_OTHER, EL_IS_PARA}, {"h2", EL_OTHER, EL_IS_PARA}, {"h3", EL_OTHER, EL_IS_PARA},
	{"h4", EL_OTHER, EL_IS_PARA}, {"h5", EL_OTHER, EL_IS_PARA}, {"h6", EL_OTHER, EL_IS_PARA},
	{"head", EL_HEAD, EL_IS_UNSEEN}, {"header", EL_OTHER, EL_IS_PARA}, {"hr", EL_OTHER, EL_IS_PARA | EL_IS_VOID},
	{"iframe", EL_OTHER, EL_IS_UNSEEN}, {"img", EL_OTHER, EL_IS_VOID}, {"input", EL_INPUT, EL_IS_VOID},
	{"li", EL_LI, EL_IS_PARA}, {"link", EL_OTHER, EL_IS_VOID | EL_OF_HEAD}, {"math", EL_OTHER, EL_IS_UNSEEN},
	{"meta", EL_OTHER, EL_IS_VOID | EL_OF_HEAD}, {"noembed", EL_OTHER, EL_IS_UNSEEN},
	{"noframes", EL_OTHER, EL_IS_UNSEEN}, {"noscript", EL_OTHER, EL_IS_UNSEEN | EL_OF_HEAD},
	{"object", EL_OTHER, EL_IS_UNSEEN}, {"ol", EL_OTHER, EL_IS_PARA}, {"option", EL_OPTION, 0},
	{"p", EL_P, EL_IS_PARA}, {"pre", EL_OTHER, EL_IS_PARA}, {"script", EL_OTHER, EL_IS_UNSEEN | EL_OF_HEAD},
	{"section", EL_OTHER, EL_IS_PARA}, {"select", EL_OTHER, EL_IS_UNSEEN}, {"source", EL_OTHER, EL_IS_VOID},
	{"style", EL_OTHER, EL_IS_UNSEEN | EL_OF_HEAD}, {"svg", EL_OTHER, EL_IS_UNSEEN},
	{"table", EL_OTHER, EL_IS_PARA | EL_IS_SCOPE | EL_IS_TABLE}, {"tbody", EL_OTHER, EL_IS_TABLE},
	{"td", EL_TD, EL_IS_SCOPE | EL_IS_TABLE}, {"template", EL_OTHER, EL_IS_UNSEEN | EL_OF_HEAD},
	{"textarea", EL_OTHER, EL_IS_UNSEEN}, {"tfoot", EL_OTHER, EL_IS_TABLE},
	{"th", EL_TH, EL_IS_SCOPE | EL_IS_TABLE}, {"thead", EL_OTHER, EL_IS_TABLE},
	{"title", EL_OTHER, EL_IS_UNSEEN | EL_OF_HEAD}, {"tr", EL_TR, EL_IS_BLOCK | EL_IS_TABLE},
	{"ul", EL_OTHER, EL_IS_PARA}, {"video", EL_OTHER, EL_IS_UNSEEN}, {"wbr", EL_OTHER, EL_IS_VOID},
	{"xmp", EL_OTHER, EL_IS_BLOCK},
};

/* The table's names begin with small letters, and most are told apart by those. */
static int compare(const struct html_piece *name, const char *known)
{
	int order = (name->n > 0 ? (unsigned char)*name->p | 0x20 : 0) - (unsigned char)*known;

	if (order == 0)
		order = strncasecmp(name->p, known, name->n);
	/* equal as far as the shorter goes: a NUL ends the comparison, not the page's name */
	return order ? order : (int)(name->n > strlen(known)) - (int)(name->n < strlen(known));
}

const struct html_element *html_element(const struct html_piece *name)
{
	unsigned from = 0, to = sizeof elements / sizeof *elements;

	while (from < to) {
		unsigned middle = (from + to) / 2;
		int order = compare(name, elements[middle].name);

		if (order == 0)
			return &elements[middle];
		if (order > 0)
			from = middle + 1;
		else
			to = middle;
	}
	return NULL;
}
