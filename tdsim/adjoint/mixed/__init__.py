"""Gradients of circuits with light and electronics: the adjoints of both halves, joined where these meet."""
