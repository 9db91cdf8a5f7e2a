"""One real HTTP server that speaks the dialects of all providers and fails in every listed way.

    with ProviderServer() as server:
        server.world.fail("runway", "create", "timeout")
        ...  # OTIO_BRIDGE_RUNWAY_URL = f"{server.url}/runway"

By hand: `PYTHONPATH=tests python -m fakes.provider_server --port 8999 --film take.mp4`.
"""

from fakes.provider_server.messages import Reply, Seen
from fakes.provider_server.server import ProviderServer
from fakes.provider_server.world import Event, Task, World

__all__ = ["Event", "ProviderServer", "Reply", "Seen", "Task", "World"]
