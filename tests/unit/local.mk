include tests/unit/base.mk
include tests/unit/json.mk
include tests/unit/net.mk
