"""The machines: connections, nodes, workers, remote jobs. It does not know what is searched."""
