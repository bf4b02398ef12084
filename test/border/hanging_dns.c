// Stands before the C library in a test's server: looking up hanging.example never ends.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <netdb.h>
#include <string.h>
#include <unistd.h>

typedef int (*lookup)(const char*, const char*, const struct addrinfo*, struct addrinfo**);

int getaddrinfo(const char* node, const char* service, const struct addrinfo* hints,
                struct addrinfo** result) {
    if (node && strcmp(node, "hanging.example") == 0)
        for (;;) pause();
    return ((lookup)dlsym(RTLD_NEXT, "getaddrinfo"))(node, service, hints, result);
}
