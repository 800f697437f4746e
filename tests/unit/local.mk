include tests/unit/agents.mk
include tests/unit/base.mk
include tests/unit/http.mk
include tests/unit/json.mk
include tests/unit/net.mk
include tests/unit/sql_split.mk
