"""The Python runtime: a function's process (no arguments), or one that stands by (a descriptor).

Standard library only, CPython 3.8 and newer, started with -I -S. The modules next to this file
are a package under a name that neither `import` nor a handler can spell: they hide nothing of a
function's, and no function gets one of them by accident.
"""
# mypy: ignore-errors
# (No annotations in this folder: they would cost time at every start.)

import importlib
import os
import sys

PACKAGE = "lambda/runtime"


def part(name):
    return importlib.import_module(PACKAGE + "." + name)


package = sys.modules[PACKAGE] = type(sys)(PACKAGE)
package.__path__ = [os.path.dirname(os.path.abspath(__file__))]
if len(sys.argv) > 1:
    part("standby").main(int(sys.argv[1]))
else:
    part("process").run()
