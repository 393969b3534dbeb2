# The function: the event comes on stdin, the answer goes to stdout, logs to stderr.
# Change the greeting and invoke it again. Return 1 to see how a failure looks.
greet() {
  name="$(tr -d '\n' | sed -n 's/.*"name" *: *"\([^"]*\)".*/\1/p')"
  echo "greeting ${name:-world}" >&2
  printf '{"greeting": "Hello, %s!", "from": "%s", "stage": "%s"}\n' \
    "${name:-world}" "$(uname -s)" "${STAGE:-}"
}
