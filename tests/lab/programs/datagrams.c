// SPDX-License-Identifier: GPL-2.0
/*
 * UDP packets as a load: the sender sleeps when the interface takes no more, so
 * that no instruction is spent on waiting.
 *
 * usage: datagrams send ADDRESS BYTES	as fast as the interface takes them
 *        datagrams ask ADDRESS BYTES	the next one when the answer is there
 *        datagrams echo		answer
 *        datagrams sink		take them and do nothing
 *
 * BYTES is the length of the Ethernet frame. It runs until it is killed.
 */

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <stdnoreturn.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define PORT		9
/* Ethernet, IPv4 and UDP. */
#define HEADERS		42
#define BYTES_MAX	1514

static char buffer[BYTES_MAX];

static int fail(const char *what)
{
	perror(what);
	return 1;
}

/* A refused packet is the other side's affair, and so is one that is lost. */
static noreturn void ask(int fd, size_t len, bool answered)
{
	for (;;) {
		if (send(fd, buffer, len, 0) < 0)
			continue;
		if (answered)
			(void)!recv(fd, buffer, sizeof(buffer), 0);
	}
}

static noreturn void echo(int fd)
{
	struct sockaddr_in from;
	socklen_t from_len;
	ssize_t len;

	for (;;) {
		from_len = sizeof(from);
		len = recvfrom(fd, buffer, sizeof(buffer), 0, (struct sockaddr *)&from,
			       &from_len);
		if (len >= 0)
			(void)!sendto(fd, buffer, len, 0, (struct sockaddr *)&from,
				      from_len);
	}
}

/* Nobody reads: the socket fills up, and drops the rest at little cost. */
static noreturn void sink(void)
{
	for (;;)
		pause();
}

int main(int argc, char **argv)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(PORT) };
	struct timeval patience = { .tv_sec = 1 };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	int len;

	if (fd < 0)
		return fail("socket");

	if (argc == 2 && (!strcmp(argv[1], "echo") || !strcmp(argv[1], "sink"))) {
		if (bind(fd, (struct sockaddr *)&address, sizeof(address)))
			return fail("bind");
		if (argv[1][0] == 'e')
			echo(fd);
		sink();
	}

	if (argc != 4 || (strcmp(argv[1], "send") && strcmp(argv[1], "ask")) ||
	    inet_pton(AF_INET, argv[2], &address.sin_addr) != 1) {
		fputs("usage: datagrams send|ask ADDRESS BYTES, datagrams echo|sink\n", stderr);
		return 1;
	}
	len = atoi(argv[3]) - HEADERS;
	if (len < 1 || len > BYTES_MAX - HEADERS) {
		fputs("datagrams: BYTES is 43 to 1514\n", stderr);
		return 1;
	}
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)))
		return fail("setsockopt");
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)))
		return fail("connect");

	ask(fd, len, argv[1][0] == 'a');
}
