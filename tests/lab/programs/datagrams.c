// SPDX-License-Identifier: GPL-2.0
/*
 * UDP packets as a load: the sender sleeps when the interface takes no more, so
 * that no instruction is spent on waiting.
 *
 * usage: datagrams send ADDRESS BYTES	as fast as the interface takes them
 *        datagrams ask ADDRESS BYTES	the next one when the answer is there
 *        datagrams echo		answer
 *        datagrams sink		take them and do nothing
 *        datagrams answer	answer as often as exchange says
 *        datagrams exchange ADDRESS BYTES COUNT ANSWERS
 *				COUNT requests, each of them when all ANSWERS to the
 *				last one are there; says how many are missing, and how
 *				long the slowest has taken
 *
 * BYTES is the length of the Ethernet frame. All but the last run until they are killed.
 */

#include <arpa/inet.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <stdnoreturn.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define PORT		9
/* Ethernet, IPv4 and UDP. */
#define HEADERS		42
#define BYTES_MAX	1514
/* Room for any number of answers, and time for them to be there. */
#define RECEIVE_BUFFER	(8 << 20)
#define PATIENCE_MS	15000
#define ANSWERS_MAX	1024

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

/* What exchange sends, and what comes back as often as it says. */
struct message {
	unsigned int request;
	unsigned int answers;
	unsigned int number;
};

static void enlarge(int fd)
{
	int size = RECEIVE_BUFFER;

	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)))
		perror("SO_RCVBUFFORCE");
}

static noreturn void answer(int fd)
{
	struct message *message = (struct message *)buffer;
	struct sockaddr_in from;
	socklen_t from_len;
	ssize_t len;

	enlarge(fd);
	for (;;) {
		from_len = sizeof(from);
		len = recvfrom(fd, buffer, sizeof(buffer), 0, (struct sockaddr *)&from,
			       &from_len);
		if (len < (ssize_t)sizeof(*message) || message->answers > ANSWERS_MAX)
			continue;
		for (message->number = 0; message->number < message->answers; message->number++)
			(void)!sendto(fd, buffer, len, 0, (struct sockaddr *)&from, from_len);
	}
}

static long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static unsigned int await(int fd, unsigned int request, unsigned int answers)
{
	struct pollfd readable = { .fd = fd, .events = POLLIN };
	static char seen[ANSWERS_MAX];
	struct message message;
	unsigned int missing = answers;
	long deadline = now_ms() + PATIENCE_MS;

	memset(seen, 0, sizeof(seen));
	while (missing) {
		long left = deadline - now_ms();

		if (left <= 0 || poll(&readable, 1, left) <= 0)
			break;
		if (recv(fd, &message, sizeof(message), MSG_TRUNC) < (ssize_t)sizeof(message))
			continue;
		if (message.request != request || message.number >= answers ||
		    seen[message.number]++)
			continue;
		missing--;
	}

	return missing;
}

static int exchange(int fd, size_t len, unsigned int count, unsigned int answers)
{
	struct message *message = (struct message *)buffer;
	unsigned int i, missing = 0;
	long start, took, longest = 0;

	enlarge(fd);
	message->answers = answers;
	for (i = 0; i < count; i++) {
		/* Not to be mistaken for one of an earlier run. */
		message->request = getpid() * 100000 + i;
		start = now_ms();
		if (send(fd, buffer, len, 0) < 0)
			return fail("send");
		missing += await(fd, message->request, answers);
		took = now_ms() - start;
		longest = took > longest ? took : longest;
		/* Without answers there would be nothing between one and the next. */
		if (!answers)
			usleep(50000);
	}
	printf("missing %u longest_ms %ld\n", missing, longest);

	return missing != 0;
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
	bool exchanges;
	int len;

	if (fd < 0)
		return fail("socket");

	if (argc == 2 && (!strcmp(argv[1], "echo") || !strcmp(argv[1], "sink") ||
			  !strcmp(argv[1], "answer"))) {
		if (bind(fd, (struct sockaddr *)&address, sizeof(address)))
			return fail("bind");
		if (argv[1][0] == 'e')
			echo(fd);
		if (argv[1][0] == 'a')
			answer(fd);
		sink();
	}

	exchanges = argc == 6 && !strcmp(argv[1], "exchange");
	if ((!exchanges && (argc != 4 || (strcmp(argv[1], "send") && strcmp(argv[1], "ask")))) ||
	    inet_pton(AF_INET, argv[2], &address.sin_addr) != 1) {
		fputs("usage: datagrams send|ask ADDRESS BYTES, datagrams echo|sink|answer, "
		      "datagrams exchange ADDRESS BYTES COUNT ANSWERS\n", stderr);
		return 1;
	}
	len = atoi(argv[3]) - HEADERS;
	if (exchanges && (len < (int)sizeof(struct message) || atoi(argv[5]) > ANSWERS_MAX)) {
		fprintf(stderr, "datagrams: an exchange takes BYTES from %zu, and up to %d ANSWERS\n",
			HEADERS + sizeof(struct message), ANSWERS_MAX);
		return 1;
	}
	if (len < 1 || len > BYTES_MAX - HEADERS) {
		fputs("datagrams: BYTES is 43 to 1514\n", stderr);
		return 1;
	}
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)))
		return fail("setsockopt");
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)))
		return fail("connect");

	if (exchanges)
		return exchange(fd, len, atoi(argv[4]), atoi(argv[5]));
	ask(fd, len, argv[1][0] == 'a');
}
