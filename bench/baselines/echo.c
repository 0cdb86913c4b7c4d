/*
 * The yardstick: a loopback echo that does nothing else. One thread, epoll, one write per read.
 *
 *   gcc -O2 -o echo echo.c && ./echo [PORT]      0 or nothing takes a free port; the port is printed
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CONNECTION_BYTES = 256 * 1024, CONNECTIONS_MAX = 16 * 1024, EVENTS_MAX = 256 };

struct connection {
    int socket;
    size_t from, to;                /* what was read and is not yet written back */
    char bytes[CONNECTION_BYTES];
};

static int epoll_socket;

static void watch(struct connection *connection, int operation, unsigned events)
{
    struct epoll_event event = { .events = events, .data.ptr = connection };
    if (epoll_ctl(epoll_socket, operation, connection->socket, &event) < 0) {
        perror("epoll_ctl");
        exit(1);
    }
}

static void end(struct connection *connection)
{
    close(connection->socket);
    free(connection);
}

/* Returns 0 when the connection is over. */
static int write_back(struct connection *connection)
{
    while (connection->from < connection->to) {
        ssize_t sent = send(connection->socket, connection->bytes + connection->from,
                            connection->to - connection->from, MSG_NOSIGNAL);
        if (sent < 0) return errno == EAGAIN || errno == EINTR;
        connection->from += (size_t)sent;
    }
    connection->from = connection->to = 0;
    return 1;
}

static void serve(struct connection *connection)
{
    int was_full = connection->from < connection->to;
    if (!was_full) {
        ssize_t received = recv(connection->socket, connection->bytes, CONNECTION_BYTES, 0);
        if (received < 0 && (errno == EAGAIN || errno == EINTR)) return;
        if (received <= 0) {
            end(connection);
            return;
        }
        connection->to = (size_t)received;
    }
    if (!write_back(connection)) {
        end(connection);
        return;
    }
    /* While the peer does not read, nothing more is read from it. */
    int is_full = connection->from < connection->to;
    if (is_full != was_full) watch(connection, EPOLL_CTL_MOD, is_full ? EPOLLOUT : EPOLLIN);
}

static void accept_all(int listener)
{
    for (;;) {
        int one = 1, socket = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (socket < 0) return;
        setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        struct connection *connection = malloc(sizeof *connection);
        if (connection == NULL) {
            close(socket);
            return;
        }
        connection->socket = socket;
        connection->from = connection->to = 0;
        watch(connection, EPOLL_CTL_ADD, EPOLLIN);
    }
}

static int listen_on(unsigned short port)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t bytes = sizeof address;
    int one = 1, listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof address) < 0
        || listen(listener, CONNECTIONS_MAX) < 0
        || getsockname(listener, (struct sockaddr *)&address, &bytes) < 0) {
        perror("listen");
        exit(1);
    }
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    return listener;
}

int main(int count, char **arguments)
{
    struct epoll_event events[EVENTS_MAX];
    epoll_socket = epoll_create1(EPOLL_CLOEXEC);
    int listener = listen_on((unsigned short)(count > 1 ? atoi(arguments[1]) : 0));
    struct epoll_event event = { .events = EPOLLIN, .data.ptr = NULL };
    if (epoll_socket < 0 || epoll_ctl(epoll_socket, EPOLL_CTL_ADD, listener, &event) < 0) {
        perror("epoll");
        return 1;
    }
    for (;;) {
        int ready = epoll_wait(epoll_socket, events, EVENTS_MAX, -1);
        for (int index = 0; index < ready; index++) {
            if (events[index].data.ptr == NULL) accept_all(listener);
            else serve(events[index].data.ptr);
        }
    }
}
