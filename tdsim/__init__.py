"""tdsim: a time-domain simulator for photonic and electronic circuits with delays and feedback."""
