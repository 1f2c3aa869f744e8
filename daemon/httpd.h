/*
 * httpd -- a few pages over HTTP, on loopback or a unix socket.
 * Owns:  the listening socket and libevent's evhttp.
 * Calls: a page's render function for each GET or HEAD of it.
 * Never: knows what a page says; reads a request's body.
 */
#ifndef LETTERWATCH_HTTPD_H
#define LETTERWATCH_HTTPD_H

#include <stddef.h>
#include <stdio.h>

struct event_base;
struct httpd;

struct httpd_page {
	const char *path;
	const char *type; /* Content-Type */
	/* Writes the page; returns the HTTP status, 200 or 503. */
	int (*render)(void *arg, FILE *out);
};

/* `pages` (lent) and `arg` go with every page. Nothing listens yet. 0: *ret is the caller's. -ENOMEM. */
int httpd_new(struct event_base *base, const struct httpd_page *pages, size_t count, void *arg, struct httpd **ret)
	__attribute__((warn_unused_result));
/* A unix socket's file goes, too. */
void httpd_free(struct httpd *httpd);

/* Listens at "ADDRESS:PORT", "[ADDRESS]:PORT" or "unix:PATH", and nowhere else any more; "": nowhere. A socket that was left
 * at PATH is replaced. 0, or a negative errno, and the old place stays. */
int httpd_listen(struct httpd *httpd, const char *where) __attribute__((warn_unused_result));

#endif
