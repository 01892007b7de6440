/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The control ring: messages to the backend, and its answers.
 *
 * It belongs to a connection, like the queues. One message at a time is on it, and
 * whoever sends it waits for the answer. A backend that does not answer in time,
 * or with something that is no answer, is sent no more messages until the next
 * connection; packets do not depend on the ring.
 *
 * The event channel is bound with a late EOI (XSA-391), which is given by those who
 * wait. Nobody waits when there is nothing to wait for: then one event is all that a
 * backend can have us handle.
 */
#ifndef XNF_CTRL_H
#define XNF_CTRL_H

#include <linux/compiler.h>
#include <linux/if.h>
#include <linux/types.h>
#include <linux/wait.h>
#include <xen/grant_table.h>
#include <xen/interface/event_channel.h>

#include "common/wire.h"

struct xnf_dev;

/**
 * struct xnf_ctrl - the control ring of a connection
 * @ring: the shared ring and our private indices; without a page when there is none
 * @ring_ref: grant of the ring's page
 * @data: a page for what a message brings along
 * @data_ref: its grant, to read
 * @port: our end of the event channel
 * @irq: the Linux interrupt
 * @name: as seen in /proc/interrupts
 * @wait: for answers
 * @open: messages can be sent
 * @lost: none ever can on this connection
 * @owed: an interrupt has not had its EOI
 * @worked: an answer came since the last EOI
 * @id: of the last message
 */
struct xnf_ctrl {
	struct xen_netif_ctrl_front_ring ring;
	grant_ref_t ring_ref;
	void *data;
	grant_ref_t data_ref;
	evtchn_port_t port;
	unsigned int irq;
	char name[IFNAMSIZ + 16];
	wait_queue_head_t wait;
	bool open;
	bool lost;
	bool owed;
	bool worked;
	u16 id;
};

/**
 * xnf_ctrl_present() - has the connection a control ring?
 * @ctrl: the control ring
 *
 * Context: any in which the connection stays.
 *
 * Return: whether the backend was told of one.
 */
static inline bool xnf_ctrl_present(const struct xnf_ctrl *ctrl)
{
	return READ_ONCE(ctrl->ring.sring);
}

void xnf_ctrl_init(struct xnf_ctrl *ctrl);
int xnf_ctrl_create(struct xnf_dev *xnf);
void xnf_ctrl_destroy(struct xnf_dev *xnf);
void xnf_ctrl_open(struct xnf_dev *xnf);
void xnf_ctrl_close(struct xnf_dev *xnf);
int xnf_ctrl_call(struct xnf_dev *xnf, u16 type, u32 value, u32 *answer);
int xnf_ctrl_send(struct xnf_dev *xnf, u16 type, const void *data, unsigned int len, u32 count);

#endif /* XNF_CTRL_H */
