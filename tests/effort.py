# SPDX-License-Identifier: Apache-2.0
"""How much is tried where trying more could always find more; tests/effort.h does it for C."""
import os


def effort(usual):
    """EFFORT in the environment is in per cent: 10 for slow builds, 10000 for a night."""
    return max(1, int(usual * float(os.environ.get('EFFORT', 100)) / 100))
