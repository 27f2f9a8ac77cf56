"""``python -m bench [--quick] [NAME…]``: the workloads of docs/performance.md, all of them or those named.

``--quick`` does a tenth of each and one round, in some minutes: to compare CPU and statements before and
after a change, not for the record. What measures other parts (``bench.feel``, ``bench.kernel``, …) is run by
its own name, or by ``make bench`` without QUICK.
"""

from __future__ import annotations

from importlib import import_module

import click

TABLE = ("cases", "automatic", "jobs", "timers", "messages", "growth", "finished", "peers")


@click.command()
@click.option("--quick", is_flag=True, help="A tenth of each, one round.")
@click.argument("names", nargs=-1, type=click.Choice(TABLE))
def main(names: tuple[str, ...], *, quick: bool) -> None:
    """Measure the workloads named, else all."""
    for name in names or TABLE:
        click.echo(f"== {name}")
        import_module(f"bench.{name}").main(quick=quick)


if __name__ == "__main__":
    main()
