"""HTTP: pages, API and islands. Imports only ``engine``, and is the only place for ``async``."""
