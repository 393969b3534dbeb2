"""The sample events and sample functions that come with workbench (standard library only).

`catalogue.py` reads and finds events, `render.py` fills their placeholders in, `filters.py` has
the encodings, `functions.py` the runnable sample projects.
"""

from workbench.samples.catalogue import SampleEvent, UnknownSample, catalogue, find, search
from workbench.samples.functions import (
    BASICS,
    SampleProject,
    copy_sample_functions,
    demo_function,
    sample_functions,
    sample_projects,
)
from workbench.samples.parameters import BadParameter, Parameter

__all__ = [
    "BASICS",
    "BadParameter",
    "Parameter",
    "SampleEvent",
    "SampleProject",
    "UnknownSample",
    "catalogue",
    "copy_sample_functions",
    "demo_function",
    "find",
    "sample_functions",
    "sample_projects",
    "search",
]
