# SPDX-License-Identifier: GPL-2.0
"""out/netfront.json: what the lab has found out about netfront, a row per subject.

It is put together from the results of the scenarios, as the last run of each has left
them in out/. A scenario that stands for another one, with more of the same, comes first.
"""

import json
import sys

from paths import OUT

SUBJECTS = {
    "datapath": {"front": ["batches", "page_reuse", "moderation", "allocations"],
                 "offloads": ["gro"]},
    "queues": {"front": ["change_channels", "channels_in_a_hurry", "channels_refused",
                         "channels_fall_back", "few_grants", "handed_over", "queue_stats",
                         "driver_info"],
               "rss": ["rss_settings", "rss_packets", "rss_lasts", "rss_without"]},
    "offloads": {"offloads": None},
    "xdp": {"xdp": ["xdp_verdicts", "xdp_adjust", "xdp_redirect", "xdp_frags",
                    "xdp_replace", "xdp_refused", "xdp_pools", "xdp_bench"],
            "xdpcost": None},
    "watchdog": {"watchdog": ["without_watchdog", "lost_events", "unresponsive",
                              "stuck_poll", "paused_guest", "stood_still"],
                 "watchdog-long": None},
    "life cycle": {"life-long life": None, "driver-domain": None,
                   "lifecycle": ["reload_netfront"]},
    "distrust": {"rawback rawback-quick": None},
    "pvh": {"pvh-long pvh": None},
    # And what of the above has run with it, too.
    "in-tree netback": {"interop": None, "life-control": None},
}
_ABOUT_THE_RUN = ("netback", "netfront", "modules", "splats", "failed")


def _results(names):
    """(name, rows) of the first of these scenarios that has been run."""
    for name in names.split():
        path = OUT / f"{name}.json"
        if path.exists():
            found = json.loads(path.read_text())
            return name, found if isinstance(found, list) else [found]
    return None, []


def rows():
    for subject, sources in SUBJECTS.items():
        for names, steps in sources.items():
            scenario, results = _results(names)
            for result in results:
                steps_of = result | result.get("loops", {})
                figures = {step: value for step, value in steps_of.items()
                           if step not in _ABOUT_THE_RUN and (steps is None or step in steps)}
                if not figures:
                    continue
                yield {"subject": subject, "scenario": scenario,
                       "netback": result.get("netback"), "netfront": result.get("netfront"),
                       "modules": result.get("modules"),
                       "pass": "failed" not in result and result.get("pass", True) and
                       not result.get("splats"),
                       "figures": figures}


def _missing(found):
    """What no row is about: a source, or one of the steps that it is to have."""
    for subject, sources in SUBJECTS.items():
        for names, steps in sources.items():
            there = [row for row in found
                     if row["subject"] == subject and row["scenario"] in names.split()]
            if not there:
                yield f"{subject}: {names.split()[0]}"
            for row in there:
                lacking = set(steps or ()) - set(row["figures"])
                if lacking:
                    yield f"{subject}: {', '.join(sorted(lacking))} of {row['scenario']}"


def _versions(found):
    """{srcversion of our netfront: the scenarios that have run with it}"""
    versions = {}
    for row in found:
        if row["netfront"] == "ours":
            version = ((row["modules"] or {}).get("netfront") or {}).get("srcversion")
            versions.setdefault(version, {})[row["scenario"]] = None
    return versions


def main():
    found = list(rows())
    path = OUT / "netfront.json"
    path.write_text(json.dumps(found, indent=2) + "\n")
    for row in found:
        print(f"{row['subject']:<12} {row['scenario']:<14} netback {row['netback']}, netfront "
              f"{row['netfront']}: {'pass' if row['pass'] else 'FAIL'}, {len(row['figures'])} steps")
    missing = list(_missing(found))
    if missing:
        print(f"not run yet: {'; '.join(missing)}", file=sys.stderr)
    versions = _versions(found)
    if len(versions) > 1:
        print("the runs were of different netfronts: " + "; ".join(
            f"{version}: {', '.join(scenarios)}" for version, scenarios in versions.items()),
            file=sys.stderr)
    print(f"results are in {path}")
    return 1 if missing or len(versions) > 1 or not all(row["pass"] for row in found) else 0


if __name__ == "__main__":
    sys.exit(main())
