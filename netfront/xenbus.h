/* SPDX-License-Identifier: GPL-2.0 */
/*
 * XenBus: how a device comes, connects, closes and goes.
 *
 *	we			the backend
 *	Initialising
 *				InitWait
 *	(queues, keys)
 *	Connected
 *				Connected
 *	(carrier)
 *
 * Either side can close. It says Closing, the other one Closing or Closed; the
 * rings are left alone from then on, and given up when the backend is Closed.
 * A backend that comes back to InitWait later finds us ready to connect again.
 */
#ifndef XNF_XENBUS_H
#define XNF_XENBUS_H

int xnf_xenbus_setup(void);
void xnf_xenbus_teardown(void);

#endif /* XNF_XENBUS_H */
