/* A function in a container: it speaks the Runtime API over plain sockets, and does what the first
   word of its event says: "exit", "hang", "grow", "write", "env"; else it echoes the event. */

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static char answer[1 << 16], body[1 << 16];

/* One request and its answer's head and body, which is returned. */
static char *ask(const char *method, const char *path, const char *content) {
    static char request[1 << 17];
    char address[64] = "";
    strncat(address, getenv("AWS_LAMBDA_RUNTIME_API"), sizeof address - 1);
    char *port = strchr(address, ':');
    *port++ = 0;
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(atoi(port))};
    inet_pton(AF_INET, address, &to.sin_addr);
    int s = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(s, (struct sockaddr *)&to, sizeof to)) exit(9);
    int size = sprintf(request, "%s /2018-06-01/runtime/%s HTTP/1.1\r\nHost: x\r\n"
        "Content-Length: %zu\r\n\r\n%s", method, path, strlen(content), content);
    if (write(s, request, size) != size) exit(8);
    char *end = NULL, *length;
    for (int have = 0, n;;) {
        n = read(s, answer + have, sizeof answer - 1 - have);
        if (n <= 0) exit(7);
        answer[have += n] = 0;
        end = strstr(answer, "\r\n\r\n");
        length = strcasestr(answer, "content-length:");
        if (end && length && answer + have >= end + 4 + atoi(length + 15)) break;
    }
    close(s);
    *end = 0;
    return end + 4;
}

static void write_file(const char *path, long megabytes) {
    static char block[1 << 20];
    int file = open(path, O_WRONLY | O_CREAT, 0600);
    long done = 0;
    while (file >= 0 && done < megabytes && write(file, block, sizeof block) == sizeof block)
        done++;
    sprintf(body, "\"%s: %s\"", path, done == megabytes ? "written" : strerror(errno));
}

int main(int argc, char **argv, char **environment) {
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (;;) {
        char id[64] = "", path[128];
        char *event = ask("GET", "invocation/next", "");
        sscanf(strcasestr(answer, "request-id:"), "%*s %63s", id);
        strcpy(body, event);
        printf("a line about %s\n", event);
        if (!strcmp(event, "\"exit\"")) exit(3);
        if (!strcmp(event, "\"hang\"")) for (;;) pause();
        if (!strcmp(event, "\"grow\"")) for (;;) memset(malloc(1 << 20), 1, 1 << 20);
        if (!strcmp(event, "\"tmp\"")) write_file("/tmp/file", 200);
        if (!strcmp(event, "\"full\"")) write_file("/tmp/file", 600);
        if (!strcmp(event, "\"root\"")) write_file("/file", 1);
        if (!strcmp(event, "\"about\"")) {
            char *at = body + sprintf(body, "{\"user\":%d,\"folder\":\"%s\",\"arguments\":[", getuid(),
                getcwd(answer, sizeof answer));
            for (int i = 0; i < argc; i++) at += sprintf(at, "%s\"%s\"", i ? "," : "", argv[i]);
            at += sprintf(at, "],\"variables\":[");
            for (char **each = environment; *each; each++)
                if (!strpbrk(*each, "\n\"\\"))
                    at += sprintf(at, "%s\"%s\"", each == environment ? "" : ",", *each);
            sprintf(at, "]}");
        }
        sprintf(path, "invocation/%s/response", id);
        ask("POST", path, body);
    }
}
