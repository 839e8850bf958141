"""docs/performance.md from the JSON of a run."""
import os

from lab.daemon import ROOT

from . import accounting, alone, figures, reference, soak, table, targets
from .topologies import SHAPES

PATH = os.path.join(ROOT, "docs", "performance.md")


def text(data, soaks=()):
    meta, verdicts = data["meta"], targets.judge_all(data)
    missed = [verdict for verdict in verdicts if verdict.holds is False]
    unknown = [verdict for verdict in verdicts if verdict.holds is None]
    met = len(verdicts) - len(missed) - len(unknown)
    counts = (f"{met} of {len(verdicts)} are met, {len(missed)} missed, {len(unknown)} cannot be said. Elsewhere, not by this "
              f"command: {', '.join(targets.NOT_HERE)}.")
    parts = ["# Performance", _how(meta, data["results"]), "## Targets", _legend(data, verdicts), table.of_targets(verdicts),
             counts, "## All figures"]
    for kind, peers in data["results"].items():
        meaning = SHAPES[kind].meaning if kind in SHAPES else alone.KINDS[kind].MEANING
        parts += [f"**{kind}**: {meaning}.", table.of_topology(peers)]
    parts += [_failures(data["failures"])] if data["failures"] else []
    parts += ["## Under load for minutes", _soaks(soaks)] if soaks else []
    return "\n\n".join(parts) + "\n"


def _how(meta, results):
    disturbed, taken = figures.disturbances(results)
    versions = ", ".join(f"{name} {version}" for name, version in meta["versions"].items())
    return "\n".join([
        "Written by `scripts/bench report` from one run; [hacking.md](hacking.md), \"Measure speed\", says what each figure",
        "is.", "",
        f"- `{meta['command']}`, {meta['date']}, {meta['took_s'] / 60:.0f} minutes",
        f"- {meta['cores']} cores of {meta['cpu']}, Linux {meta['kernel']}, {meta['openssl'].split(' (')[0]}",
        f"- {meta['repeats']} interleaved repeats, {meta['secs']} s a stream; median (smallest–largest)",
        *([f"- beside it: {versions}"] if versions else []),
        *[f"- not there: {name}" for name in meta["skipped"]],
        f"- during {disturbed} of {taken} measurements other programs used more than {accounting.DISTURBED:g} cores", "",
        "Source, sink and all daemons share these cores, so a rate is one by the CPU that all of them need for a byte. Ratios",
        "within a run carry over to other machines; rates do not."])


def _legend(data, verdicts):
    lines = ["- `ceiling` (tests/bench/ceiling) copies between the tunnel device and UDP with every offload, OpenSSL's",
             "  ChaCha20-Poly1305 and inner checksums, and nothing of a VPN: `-unchecked` leaves these checksums to the",
             "  AEAD, `-copy` encrypts nothing. `raw` is the link itself."]
    stand_ins = sorted({verdict.row.against for verdict in verdicts if verdict.is_stand_in and verdict.other})
    for name in stand_ins:
        here = data["meta"]["versions"].get(name)
        lines.append(f"- `*`: {name} {reference.RELEASES[name][0]} was not there" + (f" (but {here})" if here else "")
                     + ";\n  its ratio to the ceiling (in `line`: to raw) on another machine stands for it.")
    lines += [f"- `{table.DISTURBED_SIGN}`: other programs used the machine during some of the measurements, which were left",
              "  out, or during all. Where that holds for one of the two that are compared alone, `disturbed` stands for a verdict."]
    return "\n".join(lines)


def _failures(failures):
    lines = (f"- {kind} {name}, repeat {repeat}: {why}" for kind, name, repeat, why in failures)
    return "\n".join(["**What failed**", "", *lines])


def _soaks(soaks):
    head = ["`scripts/bench soak`: four TCP streams and numbered datagrams, each way, all the time."]
    told = (["", *(f"- {line}" for line in soak.text(seen).splitlines())] for seen in soaks)
    return "\n".join([*head, *(line for lines in told for line in lines)])


def main(path, soaks):
    with open(PATH, "w", encoding="utf-8") as file:
        file.write(text(table.load(path), [table.load(one) for one in soaks]))
    print(f"wrote {os.path.relpath(PATH, ROOT)}")
    return 0
