// SPDX-License-Identifier: GPL-2.0
/* NICs; see nic.h. */

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "nic.h"

/**
 * vc_nic_device() - where a NIC's device on the bus is, which has its interrupts
 * @ifname: the interface
 *
 * Return: a path from the interface's directory in sysfs; NULL if it is no NIC, or has no
 * interrupts of its own.
 */
const char *vc_nic_device(const char *ifname)
{
	char *bus;
	bool virtio;

	/* It is to be a name in a directory. */
	if (!*ifname || strchr(ifname, '/'))
		return NULL;
	if (vc_file_exists("/sys/class/net/%s/device/msi_irqs", ifname))
		return "device";
	/* One of virtio has it a step further up; what is there for others is a bridge of PCI. */
	bus = vc_file_target("/sys/class/net/%s/device/subsystem", ifname);
	virtio = bus && !strcmp(bus, "virtio");
	free(bus);

	return virtio && vc_file_exists("/sys/class/net/%s/device/../msi_irqs", ifname) ?
	       "device/.." : NULL;
}

/**
 * vc_nic_has_irq() - is an interrupt one of a NIC's?
 * @ifname: the interface
 * @number: of the interrupt
 *
 * Return: true or false.
 */
bool vc_nic_has_irq(const char *ifname, unsigned int number)
{
	const char *device = vc_nic_device(ifname);

	return device && vc_file_exists("/sys/class/net/%s/%s/msi_irqs/%u", ifname, device, number);
}

/**
 * vc_nic_irqs() - all interrupts of a NIC
 * @ifname: the interface
 *
 * Return: their numbers as text, for vc_file_list_free(); NULL if it has none.
 */
char **vc_nic_irqs(const char *ifname)
{
	const char *device = vc_nic_device(ifname);

	return device ? vc_file_list("/sys/class/net/%s/%s/msi_irqs", ifname, device) : NULL;
}

static bool ends_with(const char *name, const char *end, const char *what)
{
	size_t len = strlen(what);

	return (size_t)(end - name) >= len && !strncmp(end - len, what, len);
}

/**
 * vc_nic_queue() - the queue that an interrupt of a NIC is for, by its name
 * @name: eth0-rx-3, i40e-eth0-TxRx-3, virtio1-input.3 or mlx5_comp3@pci:0000:03:00.0
 *
 * Return: the number; -1 for what is of no queue, such as eth0 or mlx5_async0@pci:0000:03:00.0.
 */
int vc_nic_queue(const char *name)
{
	const char *end = strchrnul(name, '@'), *digits = end;

	while (digits > name && isdigit((unsigned char)digits[-1]))
		digits--;
	if (digits == end)
		return -1;
	if (*end ? ends_with(name, digits, "mlx5_comp") :
	    ends_with(name, digits, "-") || ends_with(name, digits, "-input.") ||
	    ends_with(name, digits, "-output."))
		return atoi(digits);

	return -1;
}
