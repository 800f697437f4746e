include tests/unit/base.mk
