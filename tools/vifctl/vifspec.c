// SPDX-License-Identifier: GPL-2.0
/* The text that describes a vif; see vifspec.h. */

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "say.h"
#include "vifspec.h"

static int hex(char digit)
{
	return isdigit((unsigned char)digit) ? digit - '0' :
	       tolower((unsigned char)digit) - 'a' + 10;
}

/**
 * vc_mac_parse() - read a MAC address
 * @text: six groups of two hexadecimal digits, with colons
 * @mac: filled in
 *
 * Return: false if it is none.
 */
bool vc_mac_parse(const char *text, unsigned char mac[VC_MAC_LEN])
{
	int i;

	for (i = 0; i < VC_MAC_LEN; i++, text += 3) {
		if (!isxdigit((unsigned char)text[0]) || !isxdigit((unsigned char)text[1]) ||
		    text[2] != (i == VC_MAC_LEN - 1 ? '\0' : ':'))
			return false;
		mac[i] = hex(text[0]) << 4 | hex(text[1]);
	}

	return true;
}

/* One that is no interface's own is of no use: packets would not come back. */
static bool check_mac(const char *text, char *why, size_t size)
{
	static const unsigned char zero[VC_MAC_LEN];
	unsigned char mac[VC_MAC_LEN];

	if (!vc_mac_parse(text, mac))
		snprintf(why, size, "%s is no MAC address: must be like 00:16:3e:12:34:56", text);
	else if (mac[0] & 1)
		snprintf(why, size, "%s is the address of a group: the first byte must be even", text);
	else if (!memcmp(mac, zero, sizeof(mac)))
		snprintf(why, size, "%s is nobody's address: must be like 00:16:3e:12:34:56", text);
	else
		return true;

	return false;
}

static bool same_key(const char *one, const char *other)
{
	size_t len = strcspn(one, "=");

	return len == strcspn(other, "=") && !strncmp(one, other, len);
}

static const char *value_of(const struct vc_vifspec *spec, const char *key)
{
	size_t i;

	for (i = 0; i < spec->count; i++)
		if (same_key(spec->word[i], key))
			return strchr(spec->word[i], '=') + 1;

	return NULL;
}

static bool add_word(struct vc_vifspec *spec, char *word, char *why, size_t size)
{
	size_t i, len;

	while (isspace((unsigned char)*word))
		word++;
	for (len = strlen(word); len && isspace((unsigned char)word[len - 1]); len--)
		word[len - 1] = 0;
	/* xl does not mind a comma too many. */
	if (!len)
		return true;
	if (*word == '=' || !strchr(word, '=') || !strchr(word, '=')[1]) {
		snprintf(why, size, "%s is not KEY=VALUE, as in mac=00:16:3e:12:34:56,bridge=xenbr0",
			 word);
		return false;
	}
	for (i = 0; i < spec->count; i++)
		if (same_key(spec->word[i], word)) {
			snprintf(why, size, "%.*s is there twice", (int)strcspn(word, "="), word);
			return false;
		}
	if (spec->count == VC_VIFSPEC_WORDS) {
		snprintf(why, size, "there are more than %d keys", VC_VIFSPEC_WORDS);
		return false;
	}
	spec->word[spec->count++] = word;

	return true;
}

/**
 * vc_vifspec_parse() - read what a vif is to be like
 * @text: as in xl.cfg; may be empty
 * @spec: filled in, for vc_vifspec_free() in any case
 * @why: filled in with what is wrong, and what would be right
 * @size: bytes of @why
 *
 * Return: false if something is wrong.
 */
bool vc_vifspec_parse(const char *text, struct vc_vifspec *spec, char *why, size_t size)
{
	char *rest, *word;

	memset(spec, 0, sizeof(*spec));
	rest = spec->text = strdup(text);
	if (!rest)
		vc_refuse("no memory");
	while ((word = strsep(&rest, ",")))
		if (!add_word(spec, word, why, size))
			return false;
	spec->mac = value_of(spec, "mac");
	spec->bridge = value_of(spec, "bridge");
	spec->script = value_of(spec, "script");
	spec->backend = value_of(spec, "backend");

	return !spec->mac || check_mac(spec->mac, why, size);
}

/**
 * vc_vifspec_free() - free what was read
 * @spec: the vif
 */
void vc_vifspec_free(struct vc_vifspec *spec)
{
	free(spec->text);
}
