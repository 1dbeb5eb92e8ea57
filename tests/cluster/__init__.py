"""The files with which the product is launched on a cluster."""
