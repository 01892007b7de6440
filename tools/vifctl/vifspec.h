/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The text that describes a vif in xl.cfg, "mac=00:16:3e:00:00:01,bridge=xenbr0"
 * (xl-network-configuration(5)), as far as it can be judged here; the rest is for xl.
 */
#ifndef VC_VIFSPEC_H
#define VC_VIFSPEC_H

#include <stdbool.h>
#include <stddef.h>

/* Of a MAC address. */
#define VC_MAC_LEN	6

/* xl knows fewer keys than this. */
#define VC_VIFSPEC_WORDS	64

/**
 * struct vc_vifspec - what a vif is to be like
 * @text: where all the words are
 * @count: how many words
 * @word: the words, KEY=VALUE
 * @mac: the value of mac, or NULL
 * @bridge: that of bridge
 * @script: that of script
 * @backend: that of backend: the domain that is to serve it
 */
struct vc_vifspec {
	char *text;
	size_t count;
	char *word[VC_VIFSPEC_WORDS];
	const char *mac;
	const char *bridge;
	const char *script;
	const char *backend;
};

bool vc_mac_parse(const char *text, unsigned char mac[VC_MAC_LEN]);
bool vc_vifspec_parse(const char *text, struct vc_vifspec *spec, char *why, size_t size);
void vc_vifspec_free(struct vc_vifspec *spec);

#endif /* VC_VIFSPEC_H */
