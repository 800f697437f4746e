include tests/unit/base.mk
include tests/unit/json.mk
