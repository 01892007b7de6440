/* SPDX-License-Identifier: GPL-2.0 */
/*
 * From two samples to what happens in a second, as JSON. This is all that `vifctl top`
 * shows; nothing is looked at here but the samples.
 *
 *	seconds, unix_seconds	of how long, and until when
 *	vifs			an object for each, in the order of the sample:
 *	  vif, role, domain, domain_id, handle, home_cpus
 *	  rx_packets_per_s, rx_bits_per_s, rx_drops_per_s, rx_errors_per_s, the same of tx
 *	  rx_batch_packets, tx_batch_packets	packets in a batch
 *	  events_per_s				interrupts
 *	  queues		an object for each: queue, home_cpu, and the rates
 *	cpus			an object for each that is online:
 *	  cpu, vif_interrupts_per_s, nic_interrupts_per_s, softirq_share, steal_share,
 *	  busy_share, saturated
 *	  runs_per_s, run_share, released_packets_per_s, drained_pages_per_s
 *				what our netback did there
 *	  released_away_vifs, drained_away_vifs
 *				for which vifs, none of whose queues lives there
 *
 * What is not known, or not yet, is null: that of a vif that has just come, of a counter
 * that went back, and of what an in-tree driver does not count.
 */
#ifndef VC_RATES_H
#define VC_RATES_H

#include <json-c/json.h>

struct vc_sample;

struct json_object *vc_rates(const struct vc_sample *before, const struct vc_sample *after);

#endif /* VC_RATES_H */
