"""`dfe doctor`: what this machine has, and what works on it."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from dfe.cli.options import AsJson


@dataclass(frozen=True)
class Doctor:
    """Check the installation: versions, networks, tokenizer, a trial run, and what optional parts are there.

    Examples:
        dfe doctor
    """

    json: AsJson = False

    def run(self) -> int:
        """Run the checks, print them, return 1 if one that matters failed."""
        from rich.markup import escape

        from dfe.cli.show import show, show_json
        from dfe.encoding.doctor import check_installation

        checks = check_installation()
        if self.json:
            show_json([asdict(check) for check in checks])
        else:
            marks = {
                "ok": "[green]ok[/]         ",
                "optional": "[dim]optional[/]   ",
                "incomplete": "[yellow]incomplete[/] ",
                "failed": "[red]failed[/]     ",
            }
            for check in checks:
                show(f"{marks[check.state]}{escape(check.name)}: {escape(check.detail)}")
            show(escape(_verdict([check.state for check in checks])))
        return 1 if any(check.state == "failed" for check in checks) else 0


def _verdict(states: list[str]) -> str:
    if "failed" in states:
        return "what is marked failed has to be mended: reinstall the package, and report it if that does not help"
    if "incomplete" in states:
        return "dfe works; what is marked incomplete is wanted by something here, and lacks a part"
    return "all is well; what is marked optional is only needed for what its line says"
