# SPDX-License-Identifier: Apache-2.0
#
# Every tests/unit/test_*.c is a program, linked with the static library and cmocka. A test passes
# when it exits with 0 and is skipped when it exits with 77; see run.sh. UNIT='gauge http_*'
# chooses, and STRESS='stress_*' among the programs of tests/stress.

TEST_LIBS ?= $(shell $(PKG_CONFIG) --libs cmocka 2>/dev/null || echo -lcmocka) -lm
SHARED ?= ../shared
UNIT ?= *
STRESS ?= *
# An emulator does not survive forks of programs with threads, and takes a minute for what tries every
# allocation and every length of a text, without finding out anything about the machine. The models of
# the protocols are the same whatever lib/ is compiled with; sanitizers and emulators take minutes for
# them, and for what goes over a lot of memory.
NOT_EMULATED := %/stress_fork %/test_http_connection %/test_child_memory
ONLY_PLAIN := %/model %/model_level %/stress_million
RUNNABLE = $(filter-out $(if $(findstring qemu,$(RUN)),$(NOT_EMULATED)) $(if $(SANITIZE)$(RUN),$(ONLY_PLAIN)),$(patsubst %.c,$(OBJ)/tests/%,$(notdir $1)))
UNIT_TESTS := $(call RUNNABLE,$(foreach name,$(UNIT),$(wildcard tests/unit/test_$(name).c)))
# Programs that run a second or so; more with an argument.
STRESS_TESTS := $(call RUNNABLE,$(foreach name,$(STRESS),$(wildcard tests/stress/$(name).c)))
# Failing memory, failing system calls, hostile clients; an argument chooses one scenario.
TORTURE_TESTS := $(if $(findstring qemu,$(RUN)),,$(call RUNNABLE,$(wildcard tests/torture/*.c)))
CONFORMANCE_PROGRAMS := $(patsubst tests/conformance/%.c,$(OBJ)/tests/%,$(wildcard tests/conformance/*.c))

# number_oracle.py compiles for this machine; sanitized and emulated builds have nothing to add to
# what the scripts of tests/install find out.
CONFORMANCE_TESTS := $(filter-out $(if $(SANITIZE)$(RUN),%/number_oracle.py),$(wildcard tests/conformance/*.sh tests/conformance/*.py))
INSTALL_TESTS := $(if $(SANITIZE)$(RUN),,$(wildcard tests/install/*.sh))

# What the scripts need to know; they run in the root of the repository.
export SHARED CC CXX CPPFLAGS CFLAGS LDFLAGS LDLIBS SANITIZE RUN PKG_CONFIG MAKE
# `make -j4 check` runs four tests at a time.
TEST_ENV = BUILD='$(BUILD)' OBJ='$(OBJ)' SO='$(firstword $(SO))' JOBS='$(patsubst -j%,%,$(filter -j%,$(MAKEFLAGS)))'

$(UNIT_TESTS): $(OBJ)/tests/%: tests/unit/%.c $(A) | $(filter deps,$(MAKECMDGOALS))
	$(call program,-Ilib -Itests,$(TEST_LIBS))

$(TORTURE_TESTS): $(OBJ)/tests/%: tests/torture/%.c $(A) | $(filter deps,$(MAKECMDGOALS))
	$(call program,-Ilib -Itests,$(TEST_LIBS))

$(CONFORMANCE_PROGRAMS): $(OBJ)/tests/%: tests/conformance/%.c $(A)
	$(call program,-Ilib -Itests,-lm)

$(STRESS_TESTS): $(OBJ)/tests/%: tests/stress/%.c $(A)
	$(call program,-Ilib -Itests,-lm)

-include $(STRESS_TESTS:=.d) $(UNIT_TESTS:=.d) $(TORTURE_TESTS:=.d) $(CONFORMANCE_PROGRAMS:=.d)

check: all $(UNIT_TESTS) $(TORTURE_TESTS) $(STRESS_TESTS) $(FUZZ_REPLAYS) $(CONFORMANCE_PROGRAMS) $(BUILD)/tests/replay $(EXAMPLES) ## All tests that need no other servers
	@$(TEST_ENV) tests/run.sh $(INSTALL_TESTS) $(wildcard tests/examples/*.py) $(CONFORMANCE_TESTS) $(TORTURE_TESTS) $(UNIT_TESTS) $(STRESS_TESTS) $(FUZZ_REPLAYS)

check-unit: $(UNIT_TESTS) ## The unit tests only
	@$(TEST_ENV) tests/run.sh $(UNIT_TESTS)

check-torture: $(TORTURE_TESTS) ## Every allocation and every system call fails; hostile clients
	@$(TEST_ENV) tests/run.sh $(TORTURE_TESTS)

check-stress: $(STRESS_TESTS) ## Updates, scrapes, forks and signals against each other
	@$(TEST_ENV) tests/run.sh $(STRESS_TESTS)

check-examples: $(EXAMPLES) ## The examples only
	@$(TEST_ENV) tests/run.sh $(wildcard tests/examples/*.py)

check-conformance: $(CONFORMANCE_PROGRAMS) $(BUILD)/tests/replay ## Output compared with client_python's, byte for byte
	@$(TEST_ENV) tests/run.sh $(CONFORMANCE_TESTS)

check-integration: all $(BUILD)/tests/replay $(EXAMPLES) | $(filter deps-integration,$(MAKECMDGOALS)) ## Tests against Prometheus, Pushgateway, Alertmanager, Carbon
	@$(TEST_ENV) tests/run.sh $(wildcard tests/integration/test_*.sh tests/integration/test_*.py)

check-abi: ## The binary interface against the last release (ABI_BASE=commit: against that)
	@+tests/abi.sh

long-run: $(OBJ)/tests/stress_long_run ## Scrapes, updates, churn, pushes, forks and faults for TIME=1200 seconds
	$(RUN) $< $(or $(TIME),1200)

long-updates: $(OBJ)/tests/stress_updates ## Lost updates in a billion and more: TIME=120 seconds
	$(RUN) $< $(or $(TIME),120)

deps: ## Installs what check needs, if it is missing
	@tests/deps.sh check

deps-integration: ## Installs the servers check-integration needs, if they are missing
	@tests/deps.sh integration

deps-bench: ## Installs what bench and bench-peers compare with, if it is missing
	@tests/deps.sh bench

.PHONY: check check-unit check-torture check-stress check-examples check-conformance check-integration check-abi long-run long-updates deps deps-integration deps-bench
