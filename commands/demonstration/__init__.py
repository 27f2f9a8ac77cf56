"""The parts of ``obieg demo``: ``stage`` sets up, ``case`` acts, ``proof`` looks at what came of it."""
