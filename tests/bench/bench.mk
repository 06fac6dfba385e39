# SPDX-License-Identifier: Apache-2.0
#
# The benchmark is linked with the shared library, as most programs are.

BENCH := $(OBJ)/tests/bench

$(BENCH): tests/bench/bench.c tests/bench/limits.c tests/bench/limits.h $(SO)
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(COMPILE) tests/bench/bench.c tests/bench/limits.c -o $@ $(LINK) $(firstword $(SO)) -Wl,-rpath,$(abspath $(OBJ)) $(LDLIBS)

bench: $(BENCH) ## Each operation beside its physical limit (BENCH_ARGS='--json --series 100000')
	@$(BENCH) $(BENCH_ARGS)

.PHONY: bench
