"""Replace the program `slim`, with which Dify's engine calls model plugins.

The engine runs it once for each action, as `slim -id author/name:version@hash -action invoke_llm`,
with `{"data": {…}}` on stdin, and reads lines from stdout: `{"event": "chunk", "data": …}`, at the
end `{"event": "done"}` or `{"event": "error", "data": {…}}` (graphon.dsl.slim.client). This program
forwards the request to a long-running plugin process, at the socket in SLIM_HOST.

Uses only the standard library, and nothing of this package, as it is started for each action.
"""

import argparse
import json
import os
import socket
import sys


def main() -> int:
    """Forward one action; return 1 if it ended with an error."""
    parser = argparse.ArgumentParser()
    parser.add_argument("-id", required=True)
    parser.add_argument("-action", required=True)
    options = parser.parse_args()
    request = {"id": options.id, "action": options.action, **json.load(sys.stdin)}
    with socket.socket(socket.AF_UNIX) as host:
        host.connect(os.environ["SLIM_HOST"])
        host.sendall(json.dumps(request).encode())
        host.shutdown(socket.SHUT_WR)
        last = ""
        for line in host.makefile(encoding="utf-8"):
            sys.stdout.write(line)
            sys.stdout.flush()
            last = line
    return 0 if last.startswith('{"event": "done"') else 1


if __name__ == "__main__":
    sys.exit(main())
