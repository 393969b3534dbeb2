#!/bin/sh
# An extension in shell: registers for nothing and waits.
echo "idle.sh speaks"
name=$(basename "$0")
id=$(curl -s -D - -o /dev/null -X POST -H "Lambda-Extension-Name: $name" -d '{"events":[]}' \
  "http://$AWS_LAMBDA_RUNTIME_API/2020-01-01/extension/register" |
  tr -d '\r' | sed -n 's/^Lambda-Extension-Identifier: //p')
exec curl -s -H "Lambda-Extension-Identifier: $id" \
  "http://$AWS_LAMBDA_RUNTIME_API/2020-01-01/extension/event/next"
