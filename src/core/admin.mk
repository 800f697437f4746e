# The operator's side.
libcore_a_SOURCES += \
	src/core/admin.c src/core/admin_budgets.c src/core/admin.h src/core/admin_priv.h \
	src/core/admin_connections.c src/core/admin_keys.c src/core/admin_memory.c src/core/admin_notifications.c src/core/admin_place.c \
	src/core/admin_schema.c src/core/admin_webhooks.c
