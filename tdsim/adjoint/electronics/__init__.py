"""Gradients of electrical circuits."""
