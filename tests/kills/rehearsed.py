"""What the server that workers are forked from does once, as it is imported there: what each would do at its first use.

The kinds are found, a mapping is compiled, and the collector leaves alone what is shared by all.
"""

from __future__ import annotations

from api.kinds import registry
from engine.runtime import spare_collector
from mappings.compiling import compile_document
from tests.kills.scene import document
from tests.peers.receiver import MODES

for mode in MODES:
    compile_document(document(mode, "http://127.0.0.1:9"), registry())
spare_collector()
