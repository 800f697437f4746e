# Makes a C table of the descriptions: each file with its lines, as openapi_source.c reads them.
function stem(path) {
	sub(/^.*\//, "", path)
	return path
}

BEGIN { print "/* Made of src/api/openapi by embed.awk. */\n#include \"api/openapi_priv.h\"\n" }

FNR == 1 {
	if (files++)
		print "\tNULL};"
	names[files] = stem(FILENAME)
	print "static const char *const lines" files "[] = {"
}

{
	gsub(/[\\"]/, "\\\\&")
	print "\t\"" $0 "\\n\","
}

END {
	print "\tNULL};\n\nconst struct openapi_part openapi_parts[] = {"
	for (i = 1; i <= files; i++)
		print "\t{\"" names[i] "\", lines" i "},"
	print "\t{NULL, NULL},\n};"
}
