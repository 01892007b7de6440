/* SPDX-License-Identifier: GPL-2.0 */
/* The two ends of a vif in XenStore, and what keeps them from being connected. */
#ifndef VC_ENDS_H
#define VC_ENDS_H

#include <stdbool.h>
#include <stddef.h>

/**
 * struct vc_ends - what XenStore says of both ends
 * @backend_there: the backend has a directory
 * @frontend_there: so has the frontend
 * @backend_state: its state, as vc_store_state() has it; 0 for none
 * @frontend_state: that of the frontend
 * @hotplug_status: what the hotplug script has come to, or NULL
 * @hotplug_error: why it failed, or NULL
 * @script: which it is, or NULL
 * @backend_error: what the backend's driver has left, or NULL
 * @frontend_error: that of the frontend
 */
struct vc_ends {
	bool backend_there;
	bool frontend_there;
	int backend_state;
	int frontend_state;
	char *hotplug_status;
	char *hotplug_error;
	char *script;
	char *backend_error;
	char *frontend_error;
};

void vc_ends_read(const char *backend, const char *frontend, struct vc_ends *ends);
void vc_ends_free(struct vc_ends *ends);
bool vc_ends_connected(const struct vc_ends *ends);
bool vc_ends_hopeless(const struct vc_ends *ends);
void vc_ends_missing(const struct vc_ends *ends, char *text, size_t size);

#endif /* VC_ENDS_H */
