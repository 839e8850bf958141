"""What is measured of pim alone, beside topologies.SHAPES: at rest, in single parts, and how long it takes to build."""
from . import builds, crowd, idle, parts

#: {name: module}. Each has NAME, MEANING, TARGETS that the build has to make before, REPEATED (as often as the
#: topologies, or once), limit(options) in seconds, and measure(options, others) -> {figure: value}
KINDS = {module.NAME: module for module in (idle, crowd, parts, builds)}
