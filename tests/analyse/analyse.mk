# SPDX-License-Identifier: Apache-2.0
#
# Static analysis of ANALYSE='lib/http/*.c' or everything.

ANALYSE ?= lib/*/*.c examples/*.c

analyse: ## Static analysis (ANALYSE='lib/http/*.c'): every finding is mended or explained
	@tests/analyse/run.sh $(ANALYSE) -- $(OUR_CPPFLAGS) -Ilib -std=c11 -pthread

.PHONY: analyse
