# SPDX-License-Identifier: GPL-2.0
"""Steps that make vifs and guests come and go, and look for what stays behind."""
