// SPDX-License-Identifier: GPL-2.0
/* Hashes of packets from the guest, as the stack has them; see skbhash.h. */

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "case.h"
#include "skbhash.h"

#define RF_BLOCK_BYTES	(64 * 1024)
#define RF_FRAME_BYTES	2048

/**
 * rf_hash_only() - see no packets but those whose hash is this one
 * @n: the interface
 * @hash: what the driver has set; 0 is none
 *
 * No call tells it, but a filter may ask.
 */
void rf_hash_only(struct rf_netdev *n, u32 hash)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, SKF_AD_OFF + SKF_AD_RXHASH),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, hash, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0xffffffff),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog program = { .len = sizeof(code) / sizeof(code[0]), .filter = code };

	RF_CHECK(!setsockopt(n->sock, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)),
		 "cannot look at hashes on %s: %s", n->name, strerror(errno));
}

/** rf_hash_any() - undo rf_hash_only() */
void rf_hash_any(struct rf_netdev *n)
{
	setsockopt(n->sock, SOL_SOCKET, SO_DETACH_FILTER, &(int){ 0 }, sizeof(int));
}

/**
 * rf_flow_hash_begin() - look at the next packet's hash as the stack will use it
 * @h: what to give to rf_flow_hash_end()
 * @n: the interface
 *
 * A hash of the whole flow (layer 4) is used as it is, one of the addresses only
 * (layer 3) is replaced by one of the stack's own.
 */
void rf_flow_hash_begin(struct rf_flow_hash *h, const struct rf_netdev *n)
{
	struct sockaddr_ll addr = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = n->index,
	};
	struct tpacket_req3 ring = {
		.tp_block_size = RF_BLOCK_BYTES, .tp_block_nr = 1,
		.tp_frame_size = RF_FRAME_BYTES,
		.tp_frame_nr = RF_BLOCK_BYTES / RF_FRAME_BYTES,
		.tp_retire_blk_tov = 10, .tp_feature_req_word = TP_FT_REQ_FILL_RXHASH,
	};
	int version = TPACKET_V3;
	bool ok;

	/* It receives nothing before it is bound. */
	h->sock = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	RF_CHECK(h->sock >= 0, "no packet socket: %s", strerror(errno));
	ok = !setsockopt(h->sock, SOL_PACKET, PACKET_VERSION, &version, sizeof(version)) &&
	     !setsockopt(h->sock, SOL_PACKET, PACKET_RX_RING, &ring, sizeof(ring));
	h->ring = ok ? mmap(NULL, RF_BLOCK_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, h->sock, 0) :
		       MAP_FAILED;
	ok = h->ring != MAP_FAILED && !bind(h->sock, (struct sockaddr *)&addr, sizeof(addr));
	RF_CHECK(ok, "cannot look at hashes on %s: %s", n->name, strerror(errno));
}

/** rf_flow_hash_end() - the hash of the packet that came since then */
u32 rf_flow_hash_end(struct rf_flow_hash *h)
{
	struct pollfd fd = { .fd = h->sock, .events = POLLIN };
	struct tpacket_block_desc *block = h->ring;
	const struct tpacket3_hdr *packet;
	u32 count = 0, hash = 0;

	if (poll(&fd, 1, RF_TIMEOUT_MS) > 0 && block->hdr.bh1.block_status & TP_STATUS_USER) {
		packet = (void *)((u8 *)block + block->hdr.bh1.offset_to_first_pkt);
		count = block->hdr.bh1.num_pkts;
		hash = packet->hv1.tp_rxhash;
	}
	munmap(h->ring, RF_BLOCK_BYTES);
	close(h->sock);
	RF_CHECK(count == 1, "%u packets came, expected one", count);

	return hash;
}
