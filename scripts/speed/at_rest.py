"""pim with peers and nothing to do, which is measured once and of pim alone."""
from . import crowd, idle

#: {topology: module}, beside topologies.SHAPES
KINDS = {idle.NAME: idle, crowd.NAME: crowd}
