"""The node agent: runs the pods of one cluster as processes of this machine."""
