"""The exact gradient of a circuit: its Program run backwards."""
