"""The lab: a small internet inside namespaces of this machine, for the demo and for the tests.

sandbox     a private world (mount, net, pid and, without root, user namespace) that dies with its creator
netns       nodes: one network namespace each, with its own resolv.conf, processes and sysctls
topology    internet (router, web, DNS) <-> gateway <-> client, and a direct uplink for the client; relays between
            them; a switch, a line, a grid
servers     what the internet answers: a web page that tells the address it saw, DNS, echoes
sniffer     counts and names every packet that leaves the client
generators  traffic of every kind that could leak, each packet carrying a tag
daemon      pim-daemon and pim as processes; rpc: their JSON-RPC; events: two recorders that must agree
snapshot    the host's state as text that can be compared
drill       the kill-switch drill, step by step; relay_drill: the same over relays; failover: one gateway after another
witness     which address the internet sees, and since when
command     what the programs have in common that run these
"""
