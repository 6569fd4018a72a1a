"""Python 2: starts Autobahn's fuzzing server as `wstest -m fuzzingserver` does, but on 127.0.0.1
and a free port, where wstest listens on every interface. Prints that port as its first line.

    fuzzingserver.py REPORTS CASE-PATTERN...
"""

import sys

from autobahntestsuite.fuzzing import FuzzingServerFactory
from twisted.internet import reactor

reports, cases = sys.argv[1], sys.argv[2:]
factory = FuzzingServerFactory(
    {
        "url": "ws://127.0.0.1:9001",
        "outdir": reports,
        "cases": cases,
        "exclude-cases": [],
        "exclude-agent-cases": {},
    }
)
listener = reactor.listenTCP(0, factory, interface="127.0.0.1")
factory.port = factory.externalPort = listener.getHost().port
sys.stdout.write("listening on {}\n".format(factory.port))
sys.stdout.flush()
reactor.run()
