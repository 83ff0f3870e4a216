"""A PostgreSQL server of our own, for everyone who has not brought one.

Room: starts, shares, revives and stops one PostgreSQL per data folder.
In: a data folder.
Out: a URL to connect to.
Never: listens on the network, runs as root, or touches a folder of another major version.
"""

from stockbridge.db.embedded.binaries import Binaries, find_binaries
from stockbridge.db.embedded.layout import holds_cluster
from stockbridge.db.embedded.supervisor import Cluster

__all__ = ["Binaries", "Cluster", "find_binaries", "holds_cluster"]
