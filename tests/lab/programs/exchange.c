// SPDX-License-Identifier: GPL-2.0
/*
 * Requests and responses, one at a time, by UDP or TCP; how long they take.
 *
 * usage: exchange serve		answer both, until killed; what is answered between
 *				SIGUSR1 and SIGUSR2 counts
 *        exchange udp|tcp ADDRESS	ask until SIGTERM, then say as JSON how many
 *				exchanges counted, and their times
 *
 * Who measures is where the server is, and its own work is not to be among the times.
 */

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <stdnoreturn.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define PORT		7
#define BYTES		1
#define TIMES_MAX	(1 << 20)

static volatile sig_atomic_t over, counts;
static unsigned int times_ns[TIMES_MAX];

static noreturn void fail(const char *what)
{
	perror(what);
	exit(1);
}

static void stop(int signal)
{
	(void)signal;
	over = 1;
}

static void begin_or_end(int signal)
{
	counts = signal == SIGUSR1;
}

static void on_signal(int signal, void (*handler)(int))
{
	struct sigaction action = { .sa_handler = handler };

	if (sigaction(signal, &action, NULL))
		fail("sigaction");
}

static long long now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static int new_socket(int type, const struct sockaddr_in *bind_to)
{
	int fd = socket(AF_INET, type, 0);
	int on = 1;

	if (fd < 0)
		fail("socket");
	if (!bind_to)
		return fd;
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)))
		fail("SO_REUSEADDR");
	if (bind(fd, (const struct sockaddr *)bind_to, sizeof(*bind_to)))
		fail("bind");
	return fd;
}

static void no_delay(int fd)
{
	int on = 1;

	if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)))
		fail("TCP_NODELAY");
}

static noreturn void serve(struct sockaddr_in *address)
{
	struct pollfd fds[3] = { { .events = POLLIN }, { .events = POLLIN }, { .events = POLLIN } };
	struct sockaddr_in from;
	socklen_t from_len;
	char data[BYTES];
	ssize_t len;

	on_signal(SIGUSR1, begin_or_end);
	on_signal(SIGUSR2, begin_or_end);
	fds[0].fd = new_socket(SOCK_DGRAM, address);
	fds[1].fd = new_socket(SOCK_STREAM, address);
	if (listen(fds[1].fd, 1))
		fail("listen");
	fds[2].fd = -1;
	for (;;) {
		if (poll(fds, 3, -1) < 0) {
			if (errno == EINTR)
				continue;
			fail("poll");
		}
		if (fds[0].revents) {
			from_len = sizeof(from);
			len = recvfrom(fds[0].fd, data, sizeof(data), 0,
				       (struct sockaddr *)&from, &from_len);
			data[0] = counts;
			if (len > 0)
				(void)!sendto(fds[0].fd, data, len, 0,
					      (struct sockaddr *)&from, from_len);
		}
		if (fds[2].revents) {
			len = recv(fds[2].fd, data, sizeof(data), 0);
			data[0] = counts;
			if (len <= 0 || send(fds[2].fd, data, len, MSG_NOSIGNAL) < 0) {
				close(fds[2].fd);
				fds[2].fd = -1;
			}
		}
		/* The last connection is the one that counts. */
		if (fds[1].revents) {
			if (fds[2].fd >= 0)
				close(fds[2].fd);
			fds[2].fd = accept(fds[1].fd, NULL, NULL);
			if (fds[2].fd >= 0)
				no_delay(fds[2].fd);
		}
	}
}

static int by_value(const void *a, const void *b)
{
	unsigned int x = *(const unsigned int *)a, y = *(const unsigned int *)b;

	return x < y ? -1 : x > y;
}

static void ask(int fd)
{
	unsigned int count = 0, lost = 0;
	char data[BYTES] = { 0 };
	long long start;

	while (!over && count < TIMES_MAX) {
		start = now_ns();
		if (send(fd, data, sizeof(data), MSG_NOSIGNAL) < 0 ||
		    recv(fd, data, sizeof(data), 0) <= 0) {
			lost += !over;
			continue;
		}
		if (data[0])
			times_ns[count++] = now_ns() - start;
	}
	if (!count) {
		fputs("exchange: no answer counted\n", stderr);
		exit(1);
	}
	qsort(times_ns, count, sizeof(*times_ns), by_value);
	printf("{\"exchanges\": %u, \"lost\": %u, \"median_us\": %.1f, \"p99_us\": %.1f}\n",
	       count, lost, times_ns[count / 2] / 1e3, times_ns[(unsigned long)count * 99 / 100] / 1e3);
}

int main(int argc, char **argv)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(PORT) };
	struct timeval patience = { .tv_sec = 1 };
	bool tcp;
	int fd;

	if (argc == 2 && !strcmp(argv[1], "serve"))
		serve(&address);
	tcp = argc == 3 && !strcmp(argv[1], "tcp");
	if (argc != 3 || (!tcp && strcmp(argv[1], "udp")) ||
	    inet_pton(AF_INET, argv[2], &address.sin_addr) != 1) {
		fputs("usage: exchange serve, exchange udp|tcp ADDRESS\n", stderr);
		return 1;
	}
	on_signal(SIGTERM, stop);
	fd = new_socket(tcp ? SOCK_STREAM : SOCK_DGRAM, NULL);
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)))
		fail("SO_RCVTIMEO");
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)))
		fail("connect");
	if (tcp)
		no_delay(fd);
	ask(fd);
	return 0;
}
