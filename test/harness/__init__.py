"""What the end-to-end and fault tests stand on: a cluster, a vendor sandbox, waiting."""
