"""scripts/bench: how fast pim is, beside what the machine could do and beside other VPNs, in namespaces of this machine.

topologies  pair, wire, line and gateway: who is linked with whom, who runs a VPN, where traffic comes from and goes
peers       one class a VPN, and the link without one: how it is started and where its far end is reached
driver      any other VPN, by a program of one's own
load        iperf3 and ping inside a node: one measurement each
udp         the most packets a second that arrive
accounting  what processes used: CPU, memory, wake-ups; what others of the machine used meanwhile
trial       one VPN on one topology, once: all figures of it
alone       what is measured of pim alone: idle and crowd (peers and nothing to do), parts (handshakes, lookups), builds
programs    those in tests/bench that stand on Google Benchmark; micro: all of them as a table
series      trials interleaved, in the sandbox, taken again when disturbed; the JSON
figures     median and spread
reference   other VPNs where they cannot be installed: their ratios, measured elsewhere
targets     the rows of the table: figure, limit, what it is compared with
table       the figures as text; report: docs/performance.md
"""
