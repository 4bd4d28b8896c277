"""The runner that stands for GitHub's in the pods of a lab. Standard library only."""
