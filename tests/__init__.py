"""The proof. ``unit/`` mirrors ``engine/`` without a database; ``store/`` and ``scenarios/`` run on both
databases; ``acceptance/`` uses the command line; ``crash/`` kills, races and cuts off; ``conformance/`` runs
public suites.
"""
