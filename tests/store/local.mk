include tests/store/clocked.mk
include tests/store/queue.mk
include tests/store/accounts.mk
include tests/store/db.mk
include tests/store/request.mk
include tests/store/duty.mk
include tests/store/schedule.mk
include tests/store/link.mk
