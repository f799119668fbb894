"""Show what was measured: ``python -m benchmarks.report results.csv ...``."""

import argparse
import re
import sys
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.ticker import FormatStrFormatter
from rich.console import Console
from rich.table import Table

_CASE = ["workload", "shape", "dtype", "pattern"]
_PROVIDERS = ["ours", "torch", "compile", "triton", "numpy", "floor"]
_COLORS = {
    "ours": "#d62728",
    "torch": "#1f77b4",
    "compile": "#17becf",
    "triton": "#9467bd",
    "numpy": "#2ca02c",
}


def read(paths: list[Path]) -> pd.DataFrame:
    """Rows of all files; of what was measured twice on a device, the last."""
    rows = pd.concat([pd.read_csv(path, keep_default_na=False) for path in paths])
    return rows.drop_duplicates(["device", "torch", *_CASE, "provider"], keep="last")


def tabulate(rows: pd.DataFrame) -> pd.DataFrame:
    """One row a case in the order of the files: microseconds by provider, and our ratios."""
    times = rows.pivot(index=_CASE, columns="provider", values="p50_us")
    order = pd.MultiIndex.from_frame(rows[_CASE].drop_duplicates())
    times = times.reindex(order)[[name for name in _PROVIDERS if name in times]]
    ours = times.get("ours", pd.Series(float("nan"), times.index))
    for peer in ("floor", "torch"):
        if peer in times:
            times[f"ours/{peer}"] = ours / times[peer]
    return times


def print_table(table: pd.DataFrame, title: str) -> None:
    """Print a table of :func:`tabulate` in the terminal."""
    shown = Table(title=title)
    for name in _CASE:
        shown.add_column(name, no_wrap=True)
    for name in table:
        shown.add_column(name, justify="right")
    for case, values in table.iterrows():
        shown.add_row(*map(str, case), *_cells(values))
    # Into a file or a pipe, where no terminal sets a width, the table goes uncut.
    Console(width=None if sys.stdout.isatty() else 200).print(shown)


def to_markdown(table: pd.DataFrame) -> str:
    """The table of :func:`tabulate` for GitHub."""
    lines = [
        " | ".join(["", *_CASE, *table, ""]).strip(),
        "|".join(["", *["---"] * len(_CASE), *["--:"] * len(table.columns), ""]),
    ]
    lines += [
        " | ".join(["", *map(str, case), *_cells(values), ""]).strip()
        for case, values in table.iterrows()
    ]
    return "\n".join(lines)


def plot(table: pd.DataFrame, title: str, path: Path) -> None:
    """Draw each provider's time over the floor, a line of dots a case."""
    table = table[table["floor"].notna()] if "floor" in table else table.iloc[:0]
    providers = [name for name in _COLORS if name in table]
    figure, axes = plt.subplots(figsize=(10, 1.5 + 0.22 * len(table)), layout="constrained")
    places = range(len(table))
    for provider in reversed(providers):  # ours lies on top
        axes.scatter(
            table[provider] / table["floor"], places, s=28, c=_COLORS[provider], label=provider
        )
    axes.axvline(1, color="black", linewidth=1)
    axes.set_xscale("log")
    axes.set_xlabel("time over the read floor (1 is the least possible), log scale")
    axes.xaxis.set_major_formatter(FormatStrFormatter("%g"))
    axes.set_yticks(places, [_label(case) for case in table.index], fontsize=8)
    axes.set_ylim(len(table) - 0.5, -0.5)  # the headline comes first
    axes.grid(alpha=0.3)
    axes.set_title(title)
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(handles[::-1], labels[::-1], loc="outside lower center", ncols=len(_COLORS))
    figure.savefig(path, dpi=150)
    plt.close(figure)


def heat_map(table: pd.DataFrame, title: str, path: Path) -> None:
    """Draw our time over the floor for the cases of a sweep, (outer, reduce, inner)."""
    sizes = table.index.get_level_values("shape").str.split("x", expand=True)
    ratios = pd.DataFrame(
        {
            "reduce": sizes.get_level_values(1).astype(int),
            "inner": sizes.get_level_values(2).astype(int),
            "ratio": table["ours/floor"].to_numpy(),
        }
    ).pivot(index="reduce", columns="inner", values="ratio")
    figure, axes = plt.subplots(figsize=(12, 5), layout="constrained")
    axes.imshow(ratios, cmap="RdYlGn_r", vmin=1, vmax=1.6, aspect="auto")
    for row, column in np.argwhere(ratios.notna().to_numpy()):
        axes.text(column, row, f"{ratios.iat[row, column]:.2f}", ha="center", va="center")
    axes.set_xticks(range(len(ratios.columns)), ratios.columns)
    axes.set_yticks(range(len(ratios.index)), ratios.index)
    axes.set_xlabel("inner: elements side by side that belong to neighbouring results")
    axes.set_ylabel("reduce")
    axes.set_title(title)
    figure.savefig(path, dpi=120)
    plt.close(figure)


def main() -> None:
    """Print a table of each device and torch in the files, and draw it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.report", description=__doc__)
    parser.add_argument("csv", type=Path, nargs="+")
    parser.add_argument("--filter", type=re.compile, default=re.compile(""), help="of labels")
    parser.add_argument("--png", type=Path, help="default: beside the first CSV")
    parser.add_argument("--markdown", action="store_true", help="print the table for GitHub")
    arguments = parser.parse_args()
    groups = list(read(arguments.csv).groupby(["device", "torch"], sort=False))
    path = arguments.png or arguments.csv[0].with_suffix(".png")
    for number, ((device, torch), rows) in enumerate(groups):
        title = f"{device}, torch {torch}, {rows['date'].max()[:10]}"
        table = tabulate(rows)
        table = table[[bool(arguments.filter.search(_label(case))) for case in table.index]]
        if arguments.markdown:
            print(f"{title}, microseconds\n\n{to_markdown(table)}\n")
        else:
            print_table(table, f"{title}, microseconds")
        draw = heat_map if rows["workload"].str.startswith("sweep_").all() else plot
        draw(table, title, path if number == 0 else path.with_stem(f"{path.stem}_{number}"))


def _cells(values: pd.Series) -> list[str]:
    return ["" if pd.isna(v) else f"{v:.2f}" if v < 100 else f"{v:.0f}" for v in values]


def _label(case: tuple) -> str:
    workload, _, dtype, pattern = case
    return f"{workload} {dtype}" + ("" if pattern == "random" else f" {pattern}")


if __name__ == "__main__":
    main()
