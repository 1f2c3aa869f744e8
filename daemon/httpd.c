#include "httpd.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/listener.h>
#include <event2/util.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define TIMEOUT_S 5 /* without a byte */
#define HEADERS_MAX 8192
#define DESCRIPTORS_MAX 256 /* none is accepted beyond: the database's and syslog's come first */
#define REST_MS 1000        /* then, until it is looked again */

struct httpd {
	struct event_base *base;
	const struct httpd_page *pages;
	size_t page_count;
	void *arg;
	struct evhttp *http;
	struct evhttp_bound_socket *bound; /* NULL: nowhere */
	struct event *rest_timer;
	char path[sizeof((struct sockaddr_un *)0)->sun_path]; /* of a unix socket; "" */
};

struct place {
	struct sockaddr_storage address;
	int length;
	const char *path;
};

/* --- pages --- */

static const struct httpd_page *find_page(const struct httpd *h, const char *path)
{
	for (size_t i = 0; i < h->page_count; i++)
		if (path && strcmp(path, h->pages[i].path) == 0)
			return &h->pages[i];
	return NULL;
}

/* The body, the caller's to free, and its status; NULL: no memory. */
static char *render(const struct httpd *h, const struct httpd_page *page, size_t *ret_size, int *ret_status)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, ret_size);

	if (!out)
		return NULL;
	*ret_status = page->render(h->arg, out);
	if (fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}

/* To HEAD it has no body (RFC 9110, 9.3.2), which evhttp would send. */
static void answer(struct httpd *h, struct evhttp_request *request, const struct httpd_page *page)
{
	struct evkeyvalq *headers = evhttp_request_get_output_headers(request);
	struct evbuffer *body = evhttp_request_get_output_buffer(request);
	size_t size = 0;
	int status = HTTP_INTERNAL;
	char *text = render(h, page, &size, &status);
	bool no_body = evhttp_request_get_command(request) == EVHTTP_REQ_HEAD;
	char length[24];

	snprintf(length, sizeof length, "%zu", size);
	if (!text || evhttp_add_header(headers, "Content-Type", page->type) < 0 ||
	    (no_body ? evhttp_add_header(headers, "Content-Length", length) : evbuffer_add(body, text, size)) < 0)
		status = HTTP_INTERNAL;
	free(text);
	evhttp_send_reply(request, status, NULL, NULL);
}

static void on_request(struct evhttp_request *request, void *arg)
{
	struct httpd *h = arg;
	const struct httpd_page *page = find_page(h, evhttp_uri_get_path(evhttp_request_get_evhttp_uri(request)));

	if (page)
		answer(h, request, page);
	else
		evhttp_send_error(request, HTTP_NOTFOUND, NULL);
}

/* --- the socket --- */

/* The lowest number that is free says how many descriptors are in use (POSIX, dup). */
static bool has_room(void)
{
	int fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0);

	if (fd >= 0)
		close(fd);
	return fd >= 0 && fd < DESCRIPTORS_MAX;
}

static void rest(struct httpd *h)
{
	struct timeval tv = {.tv_sec = REST_MS / 1000};

	if (event_add(h->rest_timer, &tv) == 0)
		evconnlistener_disable(evhttp_bound_socket_get_listener(h->bound));
}

static void on_rest_over(evutil_socket_t fd, short what, void *arg)
{
	struct httpd *h = arg;

	(void)fd;
	(void)what;
	if (!h->bound)
		return;
	if (has_room())
		evconnlistener_enable(evhttp_bound_socket_get_listener(h->bound));
	else
		rest(h);
}

/* For evhttp, which makes its own: a connection has come. */
static struct bufferevent *on_connection(struct event_base *base, void *arg)
{
	struct httpd *h = arg;

	(void)base;
	if (h->bound && !has_room())
		rest(h);
	return NULL;
}

static int find_place(const char *where, struct place *ret_place)
{
	struct sockaddr_un *local = (struct sockaddr_un *)&ret_place->address;

	*ret_place = (struct place){.length = sizeof ret_place->address};
	if (strncmp(where, "unix:", 5) != 0)
		return evutil_parse_sockaddr_port(where, (struct sockaddr *)&ret_place->address, &ret_place->length) < 0
		               ? -EINVAL
		               : 0;
	ret_place->path = where + 5;
	if (strlen(ret_place->path) >= sizeof local->sun_path)
		return -EINVAL;
	local->sun_family = AF_UNIX;
	snprintf(local->sun_path, sizeof local->sun_path, "%s", ret_place->path);
	ret_place->length = sizeof *local;
	return 0;
}

/* What an earlier run left; a socket that somebody listens at, and any other file, stay. */
static void remove_stale(const struct place *place)
{
	struct stat file;
	int fd;

	if (lstat(place->path, &file) < 0 || !S_ISSOCK(file.st_mode))
		return;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return;
	if (connect(fd, (const struct sockaddr *)&place->address, (socklen_t)place->length) < 0 &&
	    errno == ECONNREFUSED)
		unlink(place->path);
	close(fd);
}

static int bind_place(struct httpd *h, const struct place *place, struct evhttp_bound_socket **ret)
{
	struct evconnlistener *listener;

	if (place->path)
		remove_stale(place);
	listener = evconnlistener_new_bind(h->base, NULL, NULL,
	                                   LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC | LEV_OPT_REUSEABLE, 16,
	                                   (const struct sockaddr *)&place->address, place->length);
	if (!listener)
		return errno ? -errno : -ENOMEM;
	if (place->path)
		chmod(place->path, 0660);
	*ret = evhttp_bind_listener(h->http, listener);
	if (!*ret) {
		evconnlistener_free(listener);
		return -ENOMEM;
	}
	return 0;
}

static void leave_place(struct httpd *h)
{
	if (h->bound)
		evhttp_del_accept_socket(h->http, h->bound);
	h->bound = NULL;
	if (h->path[0])
		unlink(h->path);
	h->path[0] = '\0';
}

/* --- outside --- */

int httpd_new(struct event_base *base, const struct httpd_page *pages, size_t count, void *arg, struct httpd **ret)
{
	struct httpd *h = calloc(1, sizeof *h);

	if (!h)
		return -ENOMEM;
	h->base = base;
	h->pages = pages;
	h->page_count = count;
	h->arg = arg;
	h->http = evhttp_new(base);
	h->rest_timer = evtimer_new(base, on_rest_over, h);
	if (!h->http || !h->rest_timer) {
		httpd_free(h);
		return -ENOMEM;
	}
	evhttp_set_allowed_methods(h->http, EVHTTP_REQ_GET | EVHTTP_REQ_HEAD);
	evhttp_set_max_headers_size(h->http, HEADERS_MAX);
	evhttp_set_max_body_size(h->http, 0);
	evhttp_set_timeout(h->http, TIMEOUT_S);
	evhttp_set_bevcb(h->http, on_connection, h);
	evhttp_set_gencb(h->http, on_request, h);
	*ret = h;
	return 0;
}

void httpd_free(struct httpd *httpd)
{
	if (!httpd)
		return;
	leave_place(httpd);
	if (httpd->http)
		evhttp_free(httpd->http);
	if (httpd->rest_timer)
		event_free(httpd->rest_timer);
	free(httpd);
}

int httpd_listen(struct httpd *httpd, const char *where)
{
	struct evhttp_bound_socket *bound = NULL;
	struct place place = {.path = NULL};
	int r;

	if (*where) {
		r = find_place(where, &place);
		if (r < 0)
			return r;
		r = bind_place(httpd, &place, &bound);
		if (r < 0)
			return r;
	}
	leave_place(httpd);
	httpd->bound = bound;
	if (place.path)
		snprintf(httpd->path, sizeof httpd->path, "%s", place.path);
	return 0;
}
