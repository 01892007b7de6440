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
 *
 * Connected, we are Reconfiguring for a moment when an XDP program wants room in front
 * of packets, or wants it no more, until the backend is Reconfigured or does not say
 * so in time. The rings are in use meanwhile.
 *
 * We close to reconnect, too, when the connection is to have other properties.
 * The backend has no part in that but to follow; the carrier stays.
 */
#ifndef XNF_XENBUS_H
#define XNF_XENBUS_H

struct xnf_dev;

int xnf_xenbus_setup(void);
void xnf_xenbus_teardown(void);
void xnf_xenbus_reconnect(struct xnf_dev *xnf);

#endif /* XNF_XENBUS_H */
