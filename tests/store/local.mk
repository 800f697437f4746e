include tests/store/queue.mk
include tests/store/accounts.mk
include tests/store/db.mk
include tests/store/request.mk
<<<<<<< HEAD
include tests/store/duty.mk
=======
include tests/store/schedule.mk
>>>>>>> 2851e41 (Test firing: runs, ledger, outages, overlap, failures, by hand)
