# SPDX-License-Identifier: Apache-2.0
#
# What the tests reach, and what they would notice. Both build elsewhere, for the compiler's own gcov:
# make coverage CC=gcc-12 GCOV=gcov-12

GCOV ?= gcov
COUNT ?= 20
SEED ?= 1
COVERAGE_CFLAGS := -O0 -g --coverage -fprofile-update=prefer-atomic
COVERAGE_CHECKS ?= check-unit check-torture check-stress check-fuzz check-examples check-conformance
COVERAGE_EXIT = $(abspath $(BUILD))/coverage/exit.o

coverage: ## Lines and branches of lib/ that the tests reach, and those they do not
	@mkdir -p '$(BUILD)/coverage'
	$(Q)$(CC) -O1 -c -o '$(COVERAGE_EXIT)' tests/coverage/exit.c
	@$(MAKE) --no-print-directory BUILD='$(BUILD)/coverage' CFLAGS='$(COVERAGE_CFLAGS)' \
	    LDLIBS='$(LDLIBS) $(COVERAGE_EXIT)' UNIT='$(UNIT)' coverage-here

coverage-here:
	@[ ! -d '$(OBJ)' ] || find '$(OBJ)' -name '*.gcda' -delete
	-@$(MAKE) --no-print-directory -k CFLAGS='$(COVERAGE_CFLAGS)' TIMEOUT=900 $(COVERAGE_CHECKS)
	@python3 tests/coverage/report.py --gcov '$(GCOV)' $(COVERAGE_ARGS) '$(OBJ)'

mutate: ## Changes COUNT=20 conditions of lib/ (SEED=1), one by one: do the tests notice?
	@python3 tests/mutate.py --build '$(BUILD)/mutate' --count $(COUNT) --seed $(SEED) $(MUTATE_ARGS)

.PHONY: coverage coverage-here mutate
