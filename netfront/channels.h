/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How many queues a connection is to have.
 *
 * A user who wants another number gets the memory and grants for it at once, or an
 * error and nothing has changed. The queues made so wait for the next connection,
 * which is asked for at the same time. The number stays for all later connections; if
 * the backend refuses it, there is one attempt with the number that it last agreed to.
 */
#ifndef XNF_CHANNELS_H
#define XNF_CHANNELS_H

#include <linux/types.h>

struct xnf_dev;
struct xnf_queues;

/**
 * struct xnf_channels - the number of queues of a device; all under rtnl
 * @wanted: what the user wants; 0 for as many as seem good
 * @tried: what the user wanted when the last queues were made
 * @worked: of the last connection that the backend agreed to, 0 if there was none
 * @pending: @wanted is new, and there has been no connection with it
 * @ready: queues prepared for that
 */
struct xnf_channels {
	unsigned int wanted;
	unsigned int tried;
	unsigned int worked;
	bool pending;
	struct xnf_queues *ready;
};

unsigned int xnf_channels_max(const struct xnf_dev *xnf);
unsigned int xnf_channels_now(const struct xnf_dev *xnf);
int xnf_channels_set(struct xnf_dev *xnf, unsigned int count);
struct xnf_queues *xnf_channels_make(struct xnf_dev *xnf);
void xnf_channels_connected(struct xnf_dev *xnf);
bool xnf_channels_fall_back(struct xnf_dev *xnf);
void xnf_channels_exit(struct xnf_dev *xnf);

#endif /* XNF_CHANNELS_H */
