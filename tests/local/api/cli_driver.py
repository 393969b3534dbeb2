"""Runs in a process of its own: the AWS CLI's entry point, one command after another.

A line of JSON in (the words of a command), a line out: `{"Status", "Output", "Error"}`. The CLI
takes 0.6 s to start and 10 ms for a command.
"""

import contextlib
import io
import json
import sys

from awscli.clidriver import create_clidriver

driver = create_clidriver()
for line in sys.stdin:
    output, error = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(error):
        try:
            status = driver.main(json.loads(line))
        except SystemExit as leaving:
            status = leaving.code
    done = {"Status": status, "Output": output.getvalue(), "Error": error.getvalue().strip()}
    print(json.dumps(done), flush=True)
