/* What the tests of the base layer share: a directory of their own, children that may die, and
 * what a piece of code writes to stderr. */
#ifndef AGENTIV_TESTS_BASE_FIXTURE_H
#define AGENTIV_TESTS_BASE_FIXTURE_H

#include <CUnit/CUnit.h>
#include <stdbool.h>
#include <stddef.h>

#define FX_PATH 96

/* A new directory, removed with its files by fx_dir_remove; for a suite's setup, where CUnit
 * allows no assertion. */
bool fx_dir(char dir[FX_PATH]);
void fx_dir_remove(const char *dir);
unsigned fx_dir_count(const char *dir);          /* entries */
void fx_file(const char *dir, const char *name, const char *text, char path[2 * FX_PATH]);

/* Runs body in a child and returns its wait status; its stderr goes into out (may be NULL). */
int fx_child(void (*body)(void), char *out, size_t size);

/* What body writes to stderr, in this process. */
void fx_stderr(void (*body)(void), char *out, size_t size);

#endif
