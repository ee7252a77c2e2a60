"""Starts a Ray cluster of several nodes on this machine and holds it until its input ends.

Arguments: number of nodes, port of the dashboard, port of the agent through which the head takes jobs.
"""

import json
import sys

from ray.cluster_utils import Cluster

SMALL = {"num_cpus": 1, "object_store_memory": 10**8}

if __name__ == "__main__":
    nodes, port, agent = (int(argument) for argument in sys.argv[1:])
    dashboard = {"include_dashboard": True, "dashboard_host": "127.0.0.1", "dashboard_port": port}
    head = SMALL | dashboard | {"dashboard_agent_listen_port": agent}
    cluster = Cluster(initialize_head=True, head_node_args=head)
    for _ in range(nodes - 1):
        cluster.add_node(**SMALL)
    cluster.wait_for_nodes()
    print(json.dumps({"address": cluster.address}), flush=True)
    sys.stdin.read()
    cluster.shutdown()
