"""The proof. ``unit/`` mirrors ``engine/`` without a database; ``scenarios/`` run diagrams on both databases;
``oracle/`` compares with SpiffWorkflow's runtime; ``acceptance/`` uses the command line and kills it.
"""
